/** Throughput of positioned reads while JavaScript has other work for half of the time. */
import { type Job, type Sample, startClock } from '../job.js';
import { type Open, type Reader, withLanes } from './lanes.js';
import { runLanes } from './random.js';

/** The event loop is the reads' for this long, or longer if they don't let go of it. */
const FREE_MS = 5;

/** Works for as long as the loop was free, again and again: half of the time, whoever reads. @returns stops it */
function workHalfOfTheTime(): () => void {
  let freeSince = performance.now();
  const work = (): void => {
    const end = 2 * performance.now() - freeSince;
    while (performance.now() < end);
    freeSince = performance.now();
    timer = setTimeout(work, FREE_MS);
  };
  let timer = setTimeout(work, FREE_MS);
  return () => clearTimeout(timer);
}

/** CPU time includes that of the other work. */
export function measureBusy(job: Job, open: Open<Reader>): Promise<Sample> {
  const ops = job.amount;
  return withLanes(job, open, ops, runLanes, async (reader, lanes) => {
    const stopWork = workHalfOfTheTime();
    try {
      const stop = startClock();
      await reader.run(lanes, 0, ops);
      return { ops, bytes: ops * job.workload.blockSize, ...stop() };
    } finally {
      stopWork();
    }
  });
}
