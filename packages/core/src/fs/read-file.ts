/** `fs.readFile` with a callback. */
import fs, { type PathLike } from 'node:fs';
import { areOurs, isOurs } from './ours.js';
import { readFile as readFilePromise } from './promises-api.js';

/** As node:fs's; a descriptor is read by node:fs. */
export const readFile = ((...args: [PathLike, ...unknown[]]) => {
  const [path, ...others] = args;
  const callback = others.at(-1);
  const options = others.length > 1 ? others[0] : undefined;
  const flag = (options as { flag?: unknown } | null | undefined)?.flag;
  if (typeof callback !== 'function' || !areOurs(options) || !isOurs(path, flag)) {
    return Reflect.apply(fs.readFile, fs, args) as undefined;
  }
  // A callback that throws is an uncaught exception, not a rejected promise.
  const done = (error: unknown, data?: Buffer | string): void => process.nextTick(callback, error, data);
  readFilePromise(path, options as never).then((data) => done(null, data), done);
}) as typeof fs.readFile;
