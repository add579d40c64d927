/** One measurement in a process of its own: `node worker.js JOB-AS-JSON` prints a Sample as JSON. */
import type { Job } from './job.js';
import { findPeer } from './peers/index.js';

async function main(argument: string | undefined): Promise<void> {
  if (argument === undefined) throw new Error('usage: node worker.js JOB');
  const job = JSON.parse(argument) as Job;
  const measure = findPeer(job.peer)?.measures[job.workload.kind];
  if (measure === undefined) throw new Error(`${job.peer} does not do ${job.workload.name}`);
  process.stdout.write(`${JSON.stringify(await measure(job))}\n`);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
