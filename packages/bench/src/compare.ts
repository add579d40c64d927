/** Two runs beside each other: `bench compare A.json B.json`. */
import { type Figure, FIGURES } from './figures.js';
import type { Measured, Results } from './results.js';
import { measuredPeers, type Spread, summarize } from './statistics.js';

export interface Comparison {
  readonly workload: string;
  readonly peer: string;
  readonly figure: Figure;
  readonly a: Spread;
  readonly b: Spread;
  /** Median of B divided by median of A. */
  readonly ratio: number;
  /** What the ratio is worth: within the ranges of the repetitions the runs can't be told apart. */
  readonly note: 'ranges overlap' | 'better' | 'worse';
}

function noteOf({ lower }: Figure, a: Spread, b: Spread): Comparison['note'] {
  if (a.min <= b.max && b.min <= a.max) return 'ranges overlap';
  return b.median > a.median === lower ? 'worse' : 'better';
}

/** Both are the same work; how much of it a measurement does may differ. */
function isSame(a: Measured, b: Measured): boolean {
  const work = ({ name, kind, blockSize, depth, cache, rate }: Measured): string =>
    JSON.stringify([name, kind, blockSize, depth, cache, rate]);
  return work(a) === work(b);
}

/** Each workload and peer that both have, by the figure that the workload is judged by; in the order of `a`. */
export function compareRuns(a: Results, b: Results): Comparison[] {
  return a.workloads.flatMap((workload) => {
    const other = b.workloads.find((entry) => isSame(entry, workload));
    if (other === undefined) return [];
    const [figure] = FIGURES[workload.kind];
    return measuredPeers(workload.repetitions).flatMap((peer) => {
      const quantity = { peer, metric: figure.metric };
      const [ours, theirs] = [workload, other].map(({ repetitions }) => summarize(repetitions, quantity));
      if (ours === undefined || theirs === undefined) return [];
      const ratio = theirs.median / ours.median;
      return [
        {
          workload: workload.name,
          peer,
          figure,
          a: ours,
          b: theirs,
          ratio,
          note: noteOf(figure, ours, theirs),
        },
      ];
    });
  });
}

/** Workloads of `a`, and peers of them, that `b` lacks or defines in another way. */
export function onlyIn(a: Results, b: Results): string[] {
  return a.workloads.flatMap((workload) => {
    const other = b.workloads.find((entry) => isSame(entry, workload));
    if (other === undefined) return [workload.name];
    const there = new Set(measuredPeers(other.repetitions));
    return measuredPeers(workload.repetitions)
      .filter((peer) => !there.has(peer))
      .map((peer) => `${workload.name} ${peer}`);
  });
}
