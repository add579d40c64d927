/** Standard output: written to with backpressure, and in colours where it can show them. */
import type { WriteStream } from 'node:tty';
import pc from 'picocolors';

// Whoever writes is told of a failure by write's promise; without a listener the process would end with a stack.
process.stdout.on('error', () => undefined);

/** Resolves when the data is out and its memory may be used again. @throws EPIPE if the reader has gone */
export function write(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

export function writeJson(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Colours for a terminal that has them, which NO_COLOR and the like can forbid; elsewhere plain text. */
export function coloursOf(stream: Partial<WriteStream>): ReturnType<typeof pc.createColors> {
  return pc.createColors(stream.isTTY === true && stream.hasColors?.() === true);
}
