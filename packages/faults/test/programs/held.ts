/**
 * `held BACKEND FILE COUNT [OTHER]`, as a process or a worker: starts COUNT reads of FILE, says 'reading' in a later
 * turn, and does what it is told by messages. When the reads have ended it says how.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { open } from '@overlapped/core';
import { type BackendName, createBackend } from '../support.js';

const [name, path, count, other = path] = isMainThread ? process.argv.slice(2) : (workerData as string[]);

const port = {
  say: (message: unknown): void => {
    if (parentPort !== null) parentPort.postMessage(message);
    else process.send?.(message);
  },
  listen: (listener: (message: string) => void): void => {
    (parentPort ?? process).on('message', listener);
  },
};

async function main(): Promise<void> {
  const backend = createBackend(name as BackendName);
  const [file, neighbour] = [
    await open(path as string, { backend }),
    await open(other as string, { backend }),
  ];
  const controller = new AbortController();
  const reads = Array.from({ length: Number(count) }, (_, i) =>
    file.readAt(new Uint8Array(512), i * 4096, { signal: controller.signal }),
  );
  void Promise.allSettled(reads).then((results) =>
    port.say(
      results.map((result) =>
        result.status === 'fulfilled' ? String(result.value) : (result.reason as { code: unknown }).code,
      ),
    ),
  );
  const orders: Readonly<Record<string, () => void>> = {
    read: () => void neighbour.readExactly(7, 100_000).then(() => port.say('read')),
    abort: () => controller.abort(),
    exit: () => process.exit(7),
    throw: () => {
      throw new Error('thrown with held reads');
    },
  };
  if (isMainThread) process.on('SIGUSR2', () => undefined);
  port.listen((message) => orders[message]?.());
  setImmediate(() => port.say('reading'));
}

void main();
