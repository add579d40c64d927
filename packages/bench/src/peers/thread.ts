/** A worker thread of {@link measureThreads}: warms up, waits for its start, reads, and has its bytes checked. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Job } from '../job.js';
import { findPeer } from './index.js';
import { withLanes } from './lanes.js';
import { runLanes } from './random.js';
import type { Message } from './threads.js';

async function main(job: Job, port: MessagePort): Promise<void> {
  const open = findPeer(job.peer)?.open;
  if (open === undefined) throw new Error(`${job.peer} has no reader for a thread`);
  const say = (message: Message): void => port.postMessage(message);
  const { verified } = await withLanes(job, open, job.amount, runLanes, async (reader, lanes) => {
    const start = once(port, 'message');
    say('ready');
    await start;
    await reader.run(lanes, 0, job.amount);
    say('done');
    return { ops: 0, bytes: 0, seconds: 0, cpuSeconds: 0 }; // what counts is taken where all threads are seen
  });
  say({ verified });
}

if (parentPort === null) throw new Error('this is a worker thread of the benchmark; run `pnpm bench`');
void main(workerData as Job, parentPort);
