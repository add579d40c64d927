/** `readv()`: several buffers, filled one after the other from one position on. */
import { advance } from './ranges.js';

/**
 * Reads all targets at once, each where the one before it ends.
 * @returns bytes up to the first read that was short
 * @throws the first failure before that, after every read has settled
 */
export async function readVector(
  targets: readonly Uint8Array[],
  start: number | bigint,
  read: (target: Uint8Array, position: number | bigint) => Promise<number>,
): Promise<number> {
  const lengths = targets.map(({ byteLength }) => byteLength); // of memory transferred away during a read it is 0 (R39)
  let at = start;
  const reads = await Promise.allSettled(
    targets.map((target, i) => {
      const filled = read(target, at);
      at = advance(at, lengths[i] as number);
      return filled;
    }),
  );
  let bytesRead = 0;
  for (const [i, result] of reads.entries()) {
    if (result.status === 'rejected') throw result.reason;
    bytesRead += result.value;
    if (result.value < (lengths[i] as number)) break;
  }
  return bytesRead;
}
