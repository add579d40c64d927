/** `pnpm demo [FILE]`: shows what the library does, and checks all of it against node:fs. */
import fs from 'node:fs';
import { Command } from 'commander';
import { runDemo } from './demo/run.js';
import { ensurePatternFile } from './pattern.js';
import { startProgress } from './progress.js';
import { formatSize } from './sizes.js';

const DEFAULT_BYTES = 64 << 20;

/** A call that can't be served: a message without a stack, and exit code 2. */
class UsageError extends Error {}

function kindOf(stat: fs.Stats): string {
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

/** @throws UsageError unless `path` is a regular file that can be read */
function sizeOf(path: string): number {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(path);
    if (stat.isFile()) fs.accessSync(path, fs.constants.R_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `no such file: ${path}` : message);
  }
  if (!stat.isFile()) throw new UsageError(`${path} is ${kindOf(stat)}; the demo reads regular files`);
  return stat.size;
}

function makeFile(): string {
  const progress = startProgress(DEFAULT_BYTES, `making a file of ${formatSize(DEFAULT_BYTES)}`);
  try {
    return ensurePatternFile(DEFAULT_BYTES, (bytes) => progress.update(bytes));
  } finally {
    progress.stop();
  }
}

async function demo(argument: string | undefined): Promise<number> {
  const path = argument ?? makeFile();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  return (await runDemo({ path, size: sizeOf(path), print })) ? 0 : 1;
}

const EXPECTED_CODES = ['ERR_OVERLAPPED_BACKEND_UNAVAILABLE', 'ERR_INVALID_ARG_VALUE'];

function fail(error: unknown): void {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const expected = error instanceof UsageError || (code !== undefined && EXPECTED_CODES.includes(code));
  process.stderr.write(`demo: ${expected ? message : stack}\n`);
  process.exitCode = expected ? 2 : 1;
}

new Command('demo')
  .description('Reads FILE (default: one of 64 MiB that it makes) and compares everything with node:fs.')
  .argument('[FILE]')
  .addHelpText(
    'after',
    '\nExit code: 0 if everything compared equal, 1 if not, 2 if there is nothing to read.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action((argument: string | undefined) =>
    demo(argument).then((code) => {
      process.exitCode = code;
    }, fail),
  )
  .parse();
