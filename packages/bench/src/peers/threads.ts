/** Throughput of positioned reads in several worker threads at once, each with a reader of its own. */
import { on } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Job, type Sample, startClock } from '../job.js';

export const THREADS = 4;

/** What a thread says, in this order; after `ready` it waits for any message. */
export type Message = 'ready' | 'done' | { readonly verified: number };

export async function measureThreads(job: Job): Promise<Sample> {
  const workers = Array.from({ length: THREADS }, (_, i) => {
    const workerData: Job = { ...job, seed: job.seed * THREADS + i };
    return new Worker(path.join(__dirname, 'thread.js'), { workerData });
  });
  // Keeps what comes early, and throws what a thread throws.
  const messages = workers.map((worker) => on(worker, 'message'));
  const next = async (): Promise<Message[]> => {
    const results = await Promise.all(messages.map((each) => each.next()));
    return results.map(({ value }) => (value as [Message])[0]);
  };
  try {
    await next();
    const stop = startClock();
    for (const worker of workers) worker.postMessage('go');
    await next();
    const clock = stop();
    const samples = (await next()) as { readonly verified: number }[];
    const verified = samples.reduce((sum, sample) => sum + sample.verified, 0);
    const ops = THREADS * job.amount;
    return { ops, bytes: ops * job.workload.blockSize, ...clock, verified };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
