/**
 * The raw addons under random calls, hand-written tables, odd arguments and pins: each call is refused or does as it is
 * told. OVERLAPPED_FUZZ_SEED runs the calls of an earlier run again; `pnpm fuzz --addon` makes more.
 */
import { skipUnless } from '@overlapped/conformance';
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { ADDONS } from '../src/addon/addons.js';
import { fuzzAddon } from '../src/addon/fuzz-addon.js';
import { failureReport } from '../src/report.js';

const RUNS = 200;
const LARGEST_SEED = 2 ** 31;
/** Cutting a failure down takes a process for each attempt. */
const TIMEOUT_MS = 240_000;
/** Where each addon must be had in CI. */
const PLATFORMS: Readonly<Record<string, string>> = { io_uring: 'linux', iocp: 'win32' };

describe('fuzz: raw addons', () => {
  for (const [backend, find] of Object.entries(ADDONS)) {
    it(`${backend}: random calls of the addon never end the process, nor write beside what is pinned`, async function () {
      this.timeout(TIMEOUT_MS);
      const found = find();
      if ('refusal' in found) {
        if (process.env.CI && PLATFORMS[backend] === process.platform) assert.fail(found.refusal);
        return skipUnless(this, false, found.refusal);
      }
      const seed = Number(process.env.OVERLAPPED_FUZZ_SEED ?? randomInt(LARGEST_SEED));
      const { runs, failure } = await fuzzAddon({ backend, seed, runs: RUNS });
      if (failure !== undefined) assert.fail(failureReport(`program ${runs} of seed ${seed}`, failure));
      assert.equal(runs, RUNS);
    });
  }
});
