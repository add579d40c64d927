/**
 * Random programs against a model, some hundreds; `pnpm fuzz` runs more of the same. A failure prints the shortest
 * program found and its seed; OVERLAPPED_FUZZ_SEED and OVERLAPPED_FUZZ_RUNS run it again, or others.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import type { ConformanceContext } from '../../context.js';
import { fuzz as runFuzz, type FuzzOptions } from '../../model/fuzz.js';
import { faulty, plain } from '../../model/subjects.js';

const DEFAULT_RUNS = 200;
const LARGEST_SEED = 2 ** 31;
/** Cutting a failure down takes many runs more. */
const TIMEOUT_MS = 240_000;

function numberFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new Error(`${variable} must be an integer, not '${text}'`);
  return value;
}

/** Runs programs, and fails with the shortest one that does. */
async function expectNoFailure(
  test: Mocha.Context,
  options: Omit<FuzzOptions, 'seed' | 'runs'>,
): Promise<void> {
  const runs = numberFrom('OVERLAPPED_FUZZ_RUNS') ?? DEFAULT_RUNS;
  const seed = numberFrom('OVERLAPPED_FUZZ_SEED') ?? randomInt(LARGEST_SEED);
  test.timeout(runs > DEFAULT_RUNS ? 0 : TIMEOUT_MS);
  const { failure } = await runFuzz({ ...options, seed, runs });
  if (failure === undefined) return;
  const { steps, error } = failure;
  assert.fail([`seed ${seed}`, ...steps, inspect(error)].join('\n'));
}

export function fuzz(context: ConformanceContext): void {
  const filePath = (): string => context.fixtures.path();

  it('random programs of opens, reads, streams, aborts, closes, workers and changes of the files do what the model says', async function () {
    // Bun leaves the descriptors of a worker that is terminated open.
    const workers = context.hasName && process.versions.bun === undefined;
    const options = workers ? { workers: context.name } : {};
    const makeSubject = plain(context.backend, options);
    await expectNoFailure(this, { makeSubject, filePath, faults: false, workers });
  });

  it('[R21] [R62] the same, over two slots of a backend whose reads are short, late, waiting or failing', async function () {
    const makeSubject = faulty(() => context.createBackend());
    await expectNoFailure(this, { makeSubject, filePath, faults: true, workers: false });
  });
}
