/** Runs random programs, and cuts one that fails to the shortest that still does. */
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

/** What a run came to. */
export interface FuzzResult {
  /** Programs that passed, or up to the one that failed. */
  readonly runs: number;
  /** Only if one failed. */
  readonly failure?: Failure;
}

const NO_FAULTS: fc.Arbitrary<Faults> = fc.constant([undefined]);

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
  const property = fc.asyncProperty(
    initialSizes,
    faults ? faultSequences : NO_FAULTS,
    commandSequences(workers),
    async (size, sequence, program) => {
      onProgram?.();
      const { subject, dispose } = makeSubject(sequence);
      const world = new World(subject, [filePath(), filePath()], size);
      try {
        await runProgram(world, program);
        await dispose();
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
  if (!result.failed) return { runs: result.numRuns };
  return {
    runs: result.numRuns,
    failure: {
      steps,
      error: result.errorInstance,
      path: result.counterexamplePath ?? '',
      shrinks: result.numShrinks,
    },
  };
}
