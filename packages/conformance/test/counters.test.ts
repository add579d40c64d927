/** The counters of a backend whose reads end one by one: at every step each read is counted in one place. */
import assert from 'node:assert/strict';
import { open } from '@overlapped/core';
import { countersOf } from '@overlapped/core/backend';
import { Fixtures } from '@overlapped/conformance';
import { StepwiseBackend } from '../src/stepwise-backend.js';

describe('counters, step by step', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R21] [R36] [R67] reads in line, with the system, completed, cancelled, and a completion of none', async () => {
    const backend = new StepwiseBackend(2);
    const file = await open(fixtures.file(1000), { backend });
    const controller = new AbortController();
    const { signal } = controller;
    const reads = Array.from({ length: 6 }, (_, i) => file.readAt(new Uint8Array(10), i, { signal }));
    const ends = Promise.allSettled(reads);
    const steps: number[][] = [];
    const look = (): void => {
      const { queued, inFlight, completed, cancelled, failed, bytesRead, strays } = countersOf(backend);
      steps.push([queued, inFlight, completed, cancelled, failed, bytesRead, strays]);
    };

    look();
    backend.complete(0, true);
    look();
    controller.abort();
    await Promise.resolve(); // those in line end in jobs of their own
    look();
    backend.complete(0, true); // gives up
    look();
    backend.complete(0, false); // does not, and has read its bytes
    look();
    backend.completeStray();
    look();

    assert.deepEqual(steps, [
      [4, 2, 0, 0, 0, 0, 0],
      [3, 2, 1, 0, 0, 10, 0],
      [0, 2, 1, 3, 0, 10, 0],
      [0, 1, 1, 4, 0, 10, 0],
      [0, 0, 2, 4, 0, 20, 0],
      [0, 0, 2, 4, 0, 20, 1],
    ]);
    assert.equal((await ends).filter(({ status }) => status === 'fulfilled').length, 2);
    await file.close();
  });
});
