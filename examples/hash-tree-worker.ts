/** The worker of examples/hash-tree.ts: hashes each file that it is sent. It has a ring of its own, as every thread has. */
import { createHash } from 'node:crypto';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { open } from '@overlapped/core';

export interface HashRequest {
  readonly path: string;
  /** Where the answer goes. */
  readonly answer: MessagePort;
}

export type HashAnswer = { readonly hash: string } | { readonly error: Error };

/** Bytes hashed so far, by all workers. */
const counter = workerData as BigInt64Array;

async function hashFile(path: string): Promise<string> {
  await using file = await open(path, { access: 'sequential' });
  const hash = createHash('sha256');
  for await (const chunk of file.chunks()) {
    hash.update(chunk);
    Atomics.add(counter, 0, BigInt(chunk.byteLength));
  }
  return hash.digest('hex');
}

parentPort?.on('message', ({ path, answer }: HashRequest) => {
  void hashFile(path).then(
    (hash) => answer.postMessage({ hash } satisfies HashAnswer),
    (error: unknown) => answer.postMessage({ error: error as Error } satisfies HashAnswer),
  );
});
