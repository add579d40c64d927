/** Where this library is behind: computed from the data, so that no run can leave it out. */
import { type Figure, FIGURES } from './figures.js';
import { backendOf, CONTROL } from './peer-names.js';
import type { Measured } from './results.js';
import { measuredPeers, ratio, type Spread } from './statistics.js';

export interface Behind {
  readonly peer: string;
  /** Our figure as a share of the peer's: below 1 is behind, also where less is better (the ratio is turned over). */
  readonly share: Spread;
}

export interface Loss {
  readonly workload: string;
  readonly figure: Figure;
  /** The way of this library that is behind. */
  readonly way: string;
  readonly backend: string;
  /** The peers that are ahead, the farthest first. */
  readonly behind: readonly [Behind, ...Behind[]];
}

function lossesOf({ name, repetitions }: Measured, figure: Figure): Loss[] {
  const peers = measuredPeers(repetitions);
  const others = peers.filter((peer) => backendOf(peer) === undefined && peer !== CONTROL);
  const { metric, lower } = figure;
  return peers.flatMap((way) => {
    const backend = backendOf(way);
    if (backend === undefined) return [];
    const [first, ...rest] = others
      .flatMap((peer) => {
        const [over, under] = lower ? [peer, way] : [way, peer];
        const share = ratio(repetitions, { peer: over, metric }, { peer: under, metric });
        return share === undefined || share.median >= 1 ? [] : [{ peer, share }];
      })
      .sort((a, b) => a.share.median - b.share.median);
    return first === undefined ? [] : [{ workload: name, figure, way, backend, behind: [first, ...rest] }];
  });
}

/**
 * Every way of this library that is behind a peer of others, with those peers; the worst first.
 * @param choose the figures of a workload that count: of all figures of its kind, the first is what it is judged by
 */
export function losses(
  workloads: readonly Measured[],
  choose: (figure: Figure, index: number) => boolean,
): Loss[] {
  return workloads
    .flatMap((workload) =>
      FIGURES[workload.kind].filter(choose).flatMap((figure) => lossesOf(workload, figure)),
    )
    .sort((a, b) => a.behind[0].share.median - b.behind[0].share.median);
}
