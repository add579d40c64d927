/** Which peers do which workloads in a run, and who is left out and why. */
import { type CandidateReport, describeBackends } from '@overlapped/core';
import { peersOfGoals } from './goals.js';
import { type Options, suiteOf } from './options.js';
import { backendOf } from './peer-names.js';
import { type Peer, peersFor, refusal, workingBackends } from './peers/index.js';
import type { LeftOut } from './results.js';
import type { RunPlan } from './runner.js';
import { type Workload, WORKLOADS } from './workloads.js';

/** The entries that `names` select. @throws if a name selects none */
function named<T>(
  entries: readonly T[],
  names: readonly string[],
  matches: (entry: T, name: string) => boolean,
  what: string,
): T[] {
  for (const name of names) {
    if (!entries.some((entry) => matches(entry, name))) {
      throw new RangeError(`there is no ${what} '${name}'; see --list`);
    }
  }
  return entries.filter((entry) => names.some((name) => matches(entry, name)));
}

/** A whole name means one workload, also where others begin with it. */
function isMeant({ name }: Workload, start: string): boolean {
  const isWhole = WORKLOADS.some((workload) => workload.name === start);
  return isWhole ? name === start : name.startsWith(start);
}

export interface Selection {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly isWanted: (peer: Peer, workload: Workload) => boolean;
  /** Ids of peers that `workload` is not complete without. */
  readonly needs: (workload: Workload) => readonly string[];
}

function wanted({ goals, quick, peer: names }: Options): Selection['isWanted'] {
  if (goals) return ({ id }, { name }) => peersOfGoals(name).includes(id);
  if (quick && names === undefined) return (peer, { kind }) => peer.quick.includes(kind);
  return ({ measures }, { kind }) => measures[kind] !== undefined;
}

/**
 * What was asked for: by name, or else the suite's workloads and all peers that work here. A quick run has only the peers
 * that are for it, on the backend that `open()` chooses; a run for the goals only those that they name.
 * @throws RangeError for a name that there is not
 */
export function select(options: Options): Selection {
  const { workload, peer, goals, quick } = options;
  const suite = suiteOf(options);
  const backends = workingBackends();
  const peers = peersFor(quick && peer === undefined ? backends.slice(0, 1) : backends);
  return {
    workloads:
      workload === undefined
        ? WORKLOADS.filter((entry) => entry.suite.includes(suite))
        : named(WORKLOADS, workload, isMeant, 'workload'),
    peers:
      peer === undefined
        ? peers
        : named(peers, peer, ({ id }, name) => id === name || id.startsWith(`${name}@`), 'peer'),
    isWanted: wanted(options),
    needs: ({ name }) => (goals ? peersOfGoals(name) : []),
  };
}

/** Why there is no such peer here. */
function whyUnknown(peer: string, candidates: readonly CandidateReport[]): string {
  const backend = candidates.find(({ name }) => name === backendOf(peer));
  if (backend === undefined) return 'there is no such peer';
  return `${backend.name} does not work here: ${backend.message || backend.code}`;
}

export interface Assignment {
  readonly work: RunPlan['work'];
  readonly leftOut: readonly LeftOut[];
}

/** Who does what on `file`. */
export function assign({ workloads, peers, isWanted, needs }: Selection, file: string): Assignment {
  const { candidates } = describeBackends();
  const leftOut: LeftOut[] = [];
  const work = workloads.map((workload) => {
    const able = peers.filter((peer) => {
      if (!isWanted(peer, workload)) return false;
      const reason = refusal(peer, workload, file);
      if (reason !== undefined) leftOut.push({ workload: workload.name, peer: peer.id, reason });
      return reason === undefined;
    });
    for (const id of needs(workload)) {
      if (peers.some((peer) => peer.id === id)) continue;
      leftOut.push({ workload: workload.name, peer: id, reason: whyUnknown(id, candidates) });
    }
    return { workload, peers: able.map(({ id }) => id) };
  });
  return { work, leftOut };
}

/** A line for each peer and reason, with the workloads that it does not do. */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { workload, peer, reason } of leftOut) {
    const line = `${peer} is left out: ${reason}`;
    lines.set(line, [...(lines.get(line) ?? []), workload]);
  }
  return [...lines].map(([line, workloads]) => `${line} (${workloads.join(', ')})`);
}
