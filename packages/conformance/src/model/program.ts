/** Random programs: an initial size, and commands in a random order. */
import fc from 'fast-check';
import type { Command } from './command.js';
import { rangeCommands } from './range-commands.js';
import { readCommands } from './read-commands.js';
import { World } from './world.js';
import { worldCommands } from './world-commands.js';

const MAX_COMMANDS = 60;

/** How often each command comes, beside the others. Workers are few, since each takes tens of milliseconds. */
const WEIGHTS: readonly (readonly [fc.Arbitrary<Command>, number])[] = [
  [readCommands.positioned, 40],
  [readCommands.following, 14],
  [readCommands.vectors, 8],
  [rangeCommands.many, 20],
  [rangeCommands.exactly, 10],
  [rangeCommands.wholeFile, 4],
  [rangeCommands.streams, 16],
  [worldCommands.opens, 10],
  [worldCommands.resizes, 10],
  [worldCommands.overwrites, 8],
  [worldCommands.unlinks, 1],
  [worldCommands.closes, 8],
  [worldCommands.turns, 20],
  [worldCommands.settles, 8],
  [worldCommands.aborts, 14],
  [worldCommands.transfers, 6],
  [worldCommands.completions, 30],
  [worldCommands.misuses, 6],
  [worldCommands.collections, 1],
];
const WORKER_WEIGHTS: typeof WEIGHTS = [
  [worldCommands.workerStarts, 0.15],
  [worldCommands.workerReads, 6],
  [worldCommands.workerEnds, 1],
];

export const initialSizes = fc.oneof(fc.constantFrom(0, 1, 4096, 100_000), fc.nat({ max: 200_000 }));

/**
 * Not `fc.commands`: every command can always run, so a plain list is cut down as well, and its path alone names it.
 * @param workers whether programs start workers
 */
export function commandSequences(workers: boolean): fc.Arbitrary<Command[]> {
  const weights = [...WEIGHTS, ...(workers ? WORKER_WEIGHTS : [])];
  const anyCommand = fc.oneof(
    ...weights.map(([arbitrary, weight]) => ({ arbitrary, weight: Math.round(weight * 20) })),
  );
  return fc.array(anyCommand, { maxLength: MAX_COMMANDS, size: 'max' });
}

/** Runs one program to its end. @throws what the model did not expect, or what was left behind */
export async function runProgram(world: World, commands: readonly Command[]): Promise<void> {
  try {
    await world.open(0, {});
    await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
    await world.end();
  } catch (error) {
    await world.abandon();
    throw error;
  }
}
