/** Far more reads than a backend has slots for, asked for at once: in order, in bounds, and beside a living event loop. */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Backend, countersOf } from '@overlapped/core/backend';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { interpose } from '../../interpose.js';
import { until } from './subject.js';

/** OVERLAPPED_PRESSURE_READS sets another number, for a system on which each read takes long. */
const COUNT = Number(process.env.OVERLAPPED_PRESSURE_READS ?? 100_000);
const LENGTH = 64;
const SIZE = 1 << 20;

/** Where the reads go, side by side; the file is read over and over, so their bytes are the pattern again and again. */
class Targets {
  readonly memory = new Uint8Array(COUNT * LENGTH);

  view(i: number): Uint8Array {
    return this.memory.subarray(i * LENGTH, (i + 1) * LENGTH);
  }

  assertFilled(): void {
    const expected = pattern(0, SIZE);
    for (let at = 0; at < this.memory.length; at += SIZE) {
      const part = this.memory.subarray(at, at + SIZE);
      assert(expected.subarray(0, part.length).equals(part), `bytes from ${at} on`);
    }
  }
}

const positionOf = (i: number): number => (i * LENGTH) % SIZE;

/** Of a native backend: memory that it holds for reads, and views that it has pinned. */
function held(backend: Backend): unknown {
  const { regions, regionBytes } = countersOf(backend).detail;
  return { regions, regionBytes };
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export function pressure(context: ConformanceContext): void {
  const requests = COUNT.toLocaleString('en');

  it(`[R77] [R22] [R21] ${requests} reads at once: those without a slot wait in line and are served in order, timers fire, no memory is taken for the line`, async function () {
    this.timeout(120_000);
    const targets = new Targets();
    const real = context.createBackend();
    const served: number[] = [];
    const backend = interpose(real, {
      queue: (request) => {
        served.push(request.target.byteOffset / LENGTH);
        real.queue(request);
      },
    });
    const file = await context.open(context.fixtures.file(SIZE), {}, backend);
    const [heldBefore, rssBefore] = [held(backend), process.memoryUsage.rss()];

    const reads = Array.from({ length: COUNT }, (_, i) => file.readAt(targets.view(i), positionOf(i)));
    const { inFlight, queued } = countersOf(backend);
    assert.deepEqual([inFlight, queued], [backend.capacity, COUNT - backend.capacity]);
    const rss = process.memoryUsage.rss() - rssBefore;
    assert.deepEqual(held(backend), heldBefore);

    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const firedAfter: number[] = [];
    const timer = setInterval(() => firedAfter.push(countersOf(backend).completed), 1);
    const counts = await Promise.all(reads);
    clearInterval(timer);
    delay.disable();

    assert(
      counts.every((count) => count === LENGTH),
      'every read has all its bytes',
    );
    targets.assertFilled();
    const disorder = served.findIndex((read, i) => read !== i);
    assert.deepEqual([served.length, disorder], [COUNT, -1], 'in the order of the calls');
    assert(firedAfter.length > 0 && (firedAfter[0] as number) < COUNT, 'a timer fires before all are done');
    const { completed, bytesRead } = countersOf(backend);
    assert.deepEqual([completed, bytesRead], [COUNT, COUNT * LENGTH]);
    const p99 = (delay.percentile(99) / 1e6).toFixed(1);
    console.log(
      `      ${megabytes(rss)} more resident with all of them asked for; ` +
        `${firedAfter.length} timers fired meanwhile, event-loop delay p99 ${p99} ms`,
    );
    await file.close();
  });

  it(`[R66] [R77] an abort of ${requests} reads: no more end with bytes than had a slot then`, async function () {
    this.timeout(120_000);
    const targets = new Targets();
    const backend = context.createBackend();
    const file = await context.open(context.fixtures.file(SIZE), {}, backend);
    const controller = new AbortController();
    const { signal } = controller;
    const reads = Array.from({ length: COUNT }, (_, i) =>
      file.readAt(targets.view(i), positionOf(i), { signal }),
    );
    const ends = Promise.allSettled(reads);
    await until(() => countersOf(backend).completed >= 1000, 'a thousand reads have ended');
    const before = countersOf(backend);
    controller.abort();
    const reasons = (await ends).map((end) => (end.status === 'rejected' ? (end.reason as Error).name : ''));
    const after = countersOf(backend);
    const late = after.completed - before.completed;
    assert(late <= before.inFlight, `${late} reads ended with bytes, ${before.inFlight} had a slot`);
    assert.equal(reasons.filter((name) => name === 'AbortError').length, COUNT - after.completed);
    assert.deepEqual([after.cancelled, after.failed], [COUNT - after.completed, 0]);
    console.log(
      `      ${before.queued} waited in line, ${before.inFlight} had a slot; ${late} of these ended with bytes`,
    );
    assert.equal(await file.readAt(targets.view(0), 0), LENGTH, 'the file reads on');
    await file.close();
  });
}
