/** Random calls of a raw addon in a process of their own; if that dies, one process for each program on the way to the shortest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import type { FuzzOptions, FuzzResult } from '@overlapped/conformance/model';
import { type AddonProgram, addonPrograms, type Step } from './programs.js';

const CHILD = join(__dirname, 'child.js');
/** A program takes milliseconds: a process in which none begins for so long hangs. */
const SILENCE_MS = 60_000;

interface Ended {
  /** Programs that it began. */
  readonly begun: number;
  /** How it ended badly; undefined if it did not. */
  readonly failure: string | undefined;
}

async function runChild(args: readonly string[], input = '', onProgram?: () => void): Promise<Ended> {
  const child = spawn(process.execPath, ['--expose-gc', CHILD, ...args]);
  const silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  let begun = 0;
  child.stdout.on('data', (dots: Buffer) => {
    begun += dots.byteLength;
    silence.refresh();
    for (let i = 0; i < dots.byteLength; i++) onProgram?.();
  });
  child.stdin.on('error', () => undefined); // it may be gone before it has read everything
  child.stdin.end(input);
  const [[code, signal], said] = await Promise.all([
    once(child, 'close') as Promise<[number | null, string | null]>,
    text(child.stderr),
  ]);
  clearTimeout(silence);
  const failure = code === 0 ? undefined : `the process ended by ${signal ?? `code ${code}`}\n${said}`;
  return { begun, failure };
}

export interface AddonOptions extends Pick<FuzzOptions, 'seed' | 'runs' | 'limitMs' | 'path' | 'onProgram'> {
  readonly backend: string;
}

export async function fuzzAddon(options: AddonOptions): Promise<FuzzResult> {
  const { backend, seed, runs, limitMs, path, onProgram } = options;
  if (path !== undefined) return shorten(options, path);
  const numbers = [seed, runs, ...(limitMs === undefined ? [] : [limitMs])].map(String);
  const { begun, failure } = await runChild([backend, ...numbers], '', onProgram);
  if (failure === undefined) return { runs: begun };
  return shorten(options, String(Math.max(0, begun - 1)), failure);
}

/** Runs the program at `path`, and shorter ones if it fails, each in a process of its own. */
async function shorten({ backend, seed }: AddonOptions, path: string, failure?: string): Promise<FuzzResult> {
  const property = fc.asyncProperty(addonPrograms, async (program) => {
    const alone = await runChild([backend], JSON.stringify(program));
    if (alone.failure !== undefined) throw new Error(alone.failure);
  });
  const result = await fc.check(property, { seed, path, numRuns: 1 });
  const runs = Number(path.split(':')[0]) + 1;
  if (!result.failed || result.counterexample === null) {
    if (failure === undefined) return { runs: 1 };
    const steps = ['this program does not fail alone; those before it in the seed have a part in it'];
    return { runs, failure: { steps, error: failure, path, shrinks: 0 } };
  }
  return {
    runs,
    failure: {
      steps: describe(result.counterexample[0]),
      error: String(result.errorInstance),
      path: result.counterexamplePath ?? path,
      shrinks: result.numShrinks,
    },
  };
}

function describe({ dispatch, steps }: AddonProgram): string[] {
  return [`an engine whose dispatch does: ${dispatch}`, ...steps.map(describeStep)];
}

function describeStep({ do: name, ...rest }: Step): string {
  return `${name} ${JSON.stringify(rest)}`;
}
