/** Workers that end with reads in flight, and what is left of them: no thread, no handle, no lost promise (R74). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Fixtures } from '@overlapped/conformance';
import { describeOnWindows, makeBackend } from './port.js';
import { type InFlightData, READS } from './programs/in-flight.js';

const PROGRAM = path.join(__dirname, 'programs', 'in-flight.js');

/** OVERLAPPED_STRESS_ROUNDS=1000 and OVERLAPPED_STRESS_WORKERS=1000 are the long form. */
const ROUNDS = Number(process.env.OVERLAPPED_STRESS_ROUNDS ?? 200);
const WORKERS = Number(process.env.OVERLAPPED_STRESS_WORKERS ?? 10);

describeOnWindows('completion port: environments', (addon) => {
  const fixtures = new Fixtures();
  let file: string;

  before(() => (file = fixtures.file(READS * 4096 + 4096)));
  after(() => fixtures.dispose());

  function start(data: Partial<InFlightData>): { worker: Worker; counts: Int32Array } {
    const counts = new Int32Array(new SharedArrayBuffer(8));
    const workerData: InFlightData = { path: file, rounds: 1, pipe: undefined, ...data, counts };
    return { worker: new Worker(PROGRAM, { workerData }), counts };
  }

  /** Engines and handles of this process once everything that is ending has ended. */
  async function settledCounters(engines: number): Promise<number> {
    for (;;) {
      const counters = addon.processCounters();
      if (counters.engines === engines) return counters.handles;
      await turn();
    }
  }

  /** Runs `body` twice, the first time to warm up, and compares the handles after each. */
  async function leavesNoHandles(body: () => Promise<void>): Promise<void> {
    const { engines } = addon.processCounters();
    await body();
    const before = await settledCounters(engines);
    await body();
    const after = await settledCounters(engines);
    // Other threads of Node open and close handles as they please: a leak of one a round would be hundreds.
    assert.ok(after <= before + 8, `${after - before} more handles than before`);
  }

  it(`[R21] [R70] ${ROUNDS} times: open, 64 reads in flight, cancel half, close; every promise settles`, async function () {
    this.timeout(600_000);
    await leavesNoHandles(async () => {
      const { worker, counts } = start({ rounds: ROUNDS });
      const [code] = (await once(worker, 'exit')) as [number];
      assert.equal(code, 0);
      assert.deepEqual([...counts], [ROUNDS, ROUNDS * READS]);
    });
  });

  it(`[R74] ${WORKERS} workers are terminated with reads in flight, a read of a pipe among them`, async function () {
    this.timeout(600_000);
    await leavesNoHandles(async () => {
      for (let i = 0; i < WORKERS; i++) {
        const source = await fixtures.pendingSource();
        const { worker } = start({ rounds: Number.MAX_SAFE_INTEGER, pipe: source.path });
        await once(worker, 'message');
        await worker.terminate();
        await source.end();
      }
    });
  });

  it('[R73] 1,000 times: a port is made and closed; its threads and handles go with it', async () => {
    await leavesNoHandles(async () => {
      for (let i = 0; i < 500; i++) await makeBackend(addon, { capacity: 8 }).close();
    });
  });
});
