/**
 * The process in which the calls are made: `child.js BACKEND SEED RUNS [MILLISECONDS]`, or `child.js BACKEND` with one program as JSON on
 * its standard input. It writes a dot for each program that begins, so that its parent knows which one it died of.
 */
import fc from 'fast-check';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ADDONS } from './addons.js';
import { type AddonProgram, addonPrograms } from './programs.js';
import { Rig, tolerate } from './rig.js';

const FAILED = 1;

function fail(error: unknown): void {
  console.error(error);
  process.exit(FAILED);
}

async function main([backend, seed, runs, limitMs]: readonly string[]): Promise<void> {
  const use = ADDONS[backend as string]?.();
  if (typeof use !== 'function') throw new Error(`there is no addon of ${backend}: ${use?.refusal}`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-addon-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const ready = use(folder);
  const run = async (program: AddonProgram): Promise<void> => {
    fs.writeSync(1, '.');
    await new Rig(ready, program).run();
  };
  if (seed === undefined) {
    await run(JSON.parse(fs.readFileSync(0, 'utf8')) as AddonProgram);
  } else {
    const property = fc.asyncProperty(addonPrograms, run);
    const limit = limitMs === undefined ? {} : { interruptAfterTimeLimit: Number(limitMs) };
    const numbers = { seed: Number(seed), numRuns: Number(runs), ...limit };
    const { failed, errorInstance } = await fc.check(property, { ...numbers, endOnFailure: true });
    if (failed) throw errorInstance;
  }
  ready.dispose();
}

process.on('uncaughtException', (error) => {
  if (!tolerate(error)) fail(error);
});
process.on('unhandledRejection', fail);
void main(process.argv.slice(2)).then(() => process.exit(0), fail);
