/**
 * Random programs against a model (architecture: seeded, every backend). A failure prints its seed and the shortest
 * program found; to run it again: OVERLAPPED_FUZZ_SEED=... OVERLAPPED_FUZZ_RUNS=... with the same test.
 */
import { open } from '@overlapped/core';
import fc from 'fast-check';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR, type Fault, FaultyBackend } from '../../faults.js';
import { commandSequences } from '../../model/commands.js';
import { World } from '../../model/world.js';

const DEFAULT_RUNS = 100;
const MAX_COMMANDS = 60;
/** Shrinking a failure takes many runs more. */
const TIMEOUT_MS = 120_000;

function numberFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new Error(`${variable} must be an integer, not '${text}'`);
  return value;
}

/** Parameters of every property; a seed of one's own makes a run repeatable. */
function parameters(): { numRuns: number; seed?: number } {
  const seed = numberFrom('OVERLAPPED_FUZZ_SEED');
  const numRuns = numberFrom('OVERLAPPED_FUZZ_RUNS') ?? DEFAULT_RUNS;
  return seed === undefined ? { numRuns } : { numRuns, seed };
}

/** Most reads go well, so that programs get somewhere. */
const faultSequences: fc.Arbitrary<(Fault | undefined)[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(17, 4096, 5000).map((bytes): Fault => ({ kind: 'short', bytes })),
    },
    { weight: 1, arbitrary: fc.constantFrom<Fault[]>({ kind: 'wait' }, { kind: 'late' }, DEVICE_ERROR) },
  ),
  { minLength: 1, maxLength: 40 },
);

const initialSizes = fc.oneof(fc.constantFrom(0, 1, 4096, 100_000), fc.nat({ max: 200_000 }));

export function fuzz(context: ConformanceContext): void {
  it('random programs of opens, reads, streams, aborts, closes and changes of size do what the model says', async function () {
    const { numRuns, seed } = parameters();
    this.timeout(numRuns > DEFAULT_RUNS ? 0 : TIMEOUT_MS);
    const program = fc.asyncProperty(initialSizes, commandSequences(MAX_COMMANDS), async (size, commands) => {
      const world = new World(context.fixtures.path(), size, (path) => context.open(path));
      await runToEnd(world, commands);
    });
    await fc.assert(program, { numRuns, ...(seed !== undefined && { seed }) });
  });

  it('[R21] [R62] the same, over two slots of a backend whose reads are short, late, waiting or failing', async function () {
    const { numRuns, seed } = parameters();
    this.timeout(numRuns > DEFAULT_RUNS ? 0 : TIMEOUT_MS);
    const inputs = [initialSizes, faultSequences, commandSequences(MAX_COMMANDS)] as const;
    const program = fc.asyncProperty(...inputs, async (size, faults, commands) => {
      const decide = (_read: unknown, number: number): Fault | undefined => faults[number % faults.length];
      const backend = new FaultyBackend(context.createBackend(), { capacity: 2, decide });
      const world = new World(context.fixtures.path(), size, (path) => open(path, { backend }), backend);
      await runToEnd(world, commands);
      await backend.close();
    });
    await fc.assert(program, { numRuns, ...(seed !== undefined && { seed }) });
  });
}

async function runToEnd(
  world: World,
  commands: Parameters<typeof fc.asyncModelRun<object, World, false, object>>[1],
) {
  await world.open();
  try {
    await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
  } finally {
    await world.end();
  }
}
