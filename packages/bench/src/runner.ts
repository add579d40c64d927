/** Runs measurements, each in a child process, peers taking turns: A B C, A B C, ... */
import path from 'node:path';
import { runChild } from './child.js';
import type { Job, Sample } from './job.js';
import { readIn } from './page-cache.js';
import { findPeer } from './peers/index.js';
import type { Repetition } from './statistics.js';
import type { Workload } from './workloads.js';

const WORKER = path.join(__dirname, 'worker.js');
/** A measurement that takes longer has failed: the slowest take some ten seconds. */
const TIMEOUT_MS = 300_000;
/** Of a process without settings: what the one who measures has set is not to be measured. */
const NODE_DEFAULTS = { UV_THREADPOOL_SIZE: '4' };

export interface Failure {
  readonly workload: string;
  readonly peer: string;
  readonly repetition: number;
  readonly message: string;
}

export interface RunPlan {
  readonly file: string;
  readonly fileSize: number;
  readonly patterned: boolean;
  readonly quick: boolean;
  readonly repetitions: number;
  /** Each workload with the ids of the peers that do it. */
  readonly work: readonly { readonly workload: Workload; readonly peers: readonly string[] }[];
  readonly seed: number;
  /**
   * Peers to measure once more after these repetitions of a workload, which are `repetitions` or more; asked until it
   * names none.
   */
  readonly unsettled?: (workload: string, repetitions: readonly Repetition[]) => readonly string[];
}

export interface RunResult {
  readonly results: ReadonlyMap<string, readonly Repetition[]>;
  readonly failures: readonly Failure[];
  /** Why the file could not be dropped from the page cache before it was read in; undefined if it was. */
  readonly cacheKept: string | undefined;
}

async function measureInChild(job: Job, signal: AbortSignal): Promise<Sample> {
  const output = await runChild(process.execPath, [WORKER, JSON.stringify(job)], {
    env: { ...process.env, ...NODE_DEFAULTS, ...findPeer(job.peer)?.env },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  return JSON.parse(output) as Sample;
}

/** Number of measurements of a plan, as far as it is known before the first. */
export function countMeasurements(plan: RunPlan): number {
  return plan.repetitions * plan.work.reduce((sum, { peers }) => sum + peers.length, 0);
}

/**
 * @param onStep called before each measurement with how many there will be, as far as is known then
 * @param signal ends the run, and the measurement that it is in; its reason is thrown
 */
export async function run(
  plan: RunPlan,
  onStep: (workload: string, peer: string, total: number) => void = () => undefined,
  measure: (job: Job, signal: AbortSignal) => Promise<Sample> = measureInChild,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunResult> {
  const { file, fileSize, patterned, unsettled = () => [] } = plan;
  let total = countMeasurements(plan);
  const results = new Map<string, Repetition[]>();
  const failures: Failure[] = [];
  // A cold workload leaves the cache in small pieces.
  let isReadIn = false;
  let cacheKept: string | undefined;
  for (const { workload, peers } of plan.work) {
    const repetitions: Repetition[] = [];
    if (workload.cache === 'cached' && !isReadIn) {
      cacheKept = readIn(file) ?? cacheKept;
      isReadIn = true;
    }
    if (workload.cache === 'cold') isReadIn = false;
    const amount = Math.ceil(plan.quick ? workload.amount.quick : workload.amount.full);
    for (let repetition = 0; ; repetition++) {
      const isPlanned = repetition < plan.repetitions;
      const measured = isPlanned ? peers : unsettled(workload.name, repetitions);
      if (measured.length === 0) break;
      if (!isPlanned) total += measured.length;
      const samples: Record<string, Sample> = {};
      for (const peer of measured) {
        onStep(workload.name, peer, total);
        const seed = plan.seed + repetition;
        try {
          samples[peer] = await measure({ workload, peer, file, fileSize, patterned, amount, seed }, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push({ workload: workload.name, peer, repetition, message: (error as Error).message });
        }
      }
      repetitions.push(samples);
    }
    results.set(workload.name, repetitions);
  }
  return { results, failures, cacheKept };
}
