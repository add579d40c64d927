/**
 * What to write instead of examples/bind-handle.ts: reads in flight, in order, without a callback in sight.
 *
 *   node examples/dist/read-file.js FILE
 */
import { createHash } from 'node:crypto';
import { open } from '@overlapped/core';

async function main(path: string): Promise<void> {
  await using file = await open(path);
  const hash = createHash('sha256');
  for await (const chunk of file.chunks()) hash.update(chunk);
  console.log(`${hash.digest('hex')}  ${path}  (${file.backend})`);
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node examples/dist/read-file.js FILE');
  process.exitCode = 2;
} else {
  void main(path);
}
