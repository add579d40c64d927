/** Runs random programs, and cuts one that fails to the shortest that still does. */
import { countersOf } from '@overlapped/core/backend';
import fc from 'fast-check';
import { commandSequences, initialSizes, runProgram } from './program.js';
import { type Faults, faultSequences, type MakeSubject } from './subjects.js';
import { World } from './world.js';

/** How many programs to run, on what, and from which seed. */
export interface FuzzOptions {
  /** Makes what a program reads through. */
  readonly makeSubject: MakeSubject;
  /** A new path for each file of each program. */
  readonly filePath: () => string;
  /** Whether reads go wrong in ways that the program says. */
  readonly faults: boolean;
  /** Whether programs start workers. */
  readonly workers: boolean;
  /** The same seed gives the same programs: a 32-bit integer. */
  readonly seed: number;
  /** Programs to run. */
  readonly runs: number;
  /** Ends the run after this many milliseconds, at the end of a program. */
  readonly limitMs?: number;
  /** Where in the seed's programs a failure was found, as fast-check names it: that program runs first. */
  readonly path?: string;
  /** Called before each program, also while a failure is cut down. */
  readonly onProgram?: () => void;
}

/** A program that did not do what the model does. */
export interface Failure {
  /** The shortest program found, a line for each step. */
  readonly steps: readonly string[];
  /** What its last step threw. */
  readonly error: unknown;
  /** Names the program among those of the seed. */
  readonly path: string;
  /** Programs that were tried to make it short. */
  readonly shrinks: number;
}

/** How reads ended. Those of workers are not among them. */
export type ReadTally = Record<'completed' | 'cancelled' | 'failed', number>;

/** What a run came to. */
export interface FuzzResult {
  /** Programs that passed, or up to the one that failed. */
  readonly runs: number;
  /** Reads of all programs that passed, where they go through the library. */
  readonly reads?: ReadTally;
  /** Only if one failed. */
  readonly failure?: Failure;
}

const NO_FAULTS: fc.Arbitrary<Faults> = fc.constant([undefined]);

/** Adds what a backend has counted since `before`. */
function addReads(reads: ReadTally, before: ReadTally, after: ReadTally): void {
  for (const end of ['completed', 'cancelled', 'failed'] as const) reads[end] += after[end] - before[end];
}

function describeFault(fault: Faults[number]): string {
  if (fault === undefined) return 'as it is';
  return fault.kind === 'short' ? `short (${fault.bytes})` : fault.kind;
}

function describeProgram(initialSize: number, faults: Faults, steps: readonly string[]): string[] {
  const lines = [`two files of ${initialSize} bytes, the first one open`];
  if (faults.some((fault) => fault !== undefined)) {
    lines.push(`reads end, in turn: ${faults.map(describeFault).join(', ')}`);
  }
  return [...lines, ...steps];
}

/** Runs programs until one fails, `runs` have passed, or the time is up. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { makeSubject, filePath, faults, workers, seed, runs, limitMs, path, onProgram } = options;
  let steps: readonly string[] = [];
  const reads: ReadTally = { completed: 0, cancelled: 0, failed: 0 };
  const property = fc.asyncProperty(
    initialSizes,
    faults ? faultSequences : NO_FAULTS,
    commandSequences(workers),
    async (size, sequence, program) => {
      onProgram?.();
      const { subject, dispose } = makeSubject(sequence);
      const world = new World(subject, [filePath(), filePath()], size);
      const before = countersOf(subject.backend);
      try {
        await runProgram(world, program);
        await dispose();
        addReads(reads, before, countersOf(subject.backend));
      } catch (error) {
        steps = describeProgram(size, sequence, world.steps); // the last one that fails is the shortest
        throw error;
      }
    },
  );
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(limitMs !== undefined && { interruptAfterTimeLimit: limitMs }),
    ...(path !== undefined && { path }),
  });
  if (!result.failed) return { runs: result.numRuns, reads };
  return {
    runs: result.numRuns,
    reads,
    failure: {
      steps,
      error: result.errorInstance,
      path: result.counterexamplePath ?? '',
      shrinks: result.numShrinks,
    },
  };
}
