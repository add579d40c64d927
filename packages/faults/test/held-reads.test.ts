/** Reads that are not answered until told: what goes on meanwhile, and what abort and close come to (R63-R71). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Fixtures } from '@overlapped/conformance';
import { countersOf } from '@overlapped/core/backend';
import { ALL } from '../src/faultfs.js';
import {
  assertBytes,
  describeFaults,
  openDescriptors,
  Program,
  tally,
  until,
  untilHeld,
  watch,
} from './support.js';

const SIZE = 1 << 20;
const LENGTH = 512;
/** node:fs has four threads: one is left for other reads. */
const HELD = 3;

function buffers(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(LENGTH));
}

describeFaults('faults below: held reads', (subject) => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R21] [R25] other reads of the same file and of others go on; let go, each held read has its bytes', async () => {
    await subject.run(async ({ open }) => {
      const [on, other] = [await subject.fs.file(SIZE), await subject.fs.file(SIZE)];
      const [file, neighbour] = [await open(on), await open(other)];
      const local = await open(fixtures.file(SIZE));
      await on.rule({ bytes: [0, HELD * LENGTH - 1] }, 'hold');
      const held = buffers(HELD);
      const watched = held.map((buffer, i) => watch(file.readAt(buffer, i * LENGTH)));
      await untilHeld(on, HELD);
      for (const each of [file, neighbour, local]) {
        const others = buffers(500);
        const counts = await Promise.all(others.map((buffer, i) => each.readAt(buffer, SIZE / 2 + i * 100)));
        assert(counts.every((count) => count === LENGTH));
        others.forEach((buffer, i) => assertBytes(buffer, SIZE / 2 + i * 100, LENGTH));
      }
      assert.deepEqual(tally(watched), { pending: HELD }, '1,500 later reads have overtaken them');
      await on.release();
      await until(() => tally(watched).pending === undefined, 'the held reads end');
      assert.deepEqual(tally(watched), { [LENGTH]: HELD });
      held.forEach((buffer, i) => assertBytes(buffer, i * LENGTH, LENGTH));
    });
  });

  // Through the page cache the kernel has fewer of them under way at once; the others wait there.
  for (const cached of [false, true]) {
    it(`[R21] [R25] a slow file delays no fast one: with its reads held ${cached ? 'through' : 'past'} the page cache, small and large reads of another all end`, async () => {
      await subject.run(async ({ backend, open }) => {
        const on = await subject.fs.file(SIZE, { cached });
        const [slow, fast] = [await open(on), await open(fixtures.file(4 * SIZE))];
        await on.rule(ALL, 'hold');
        // Many times the kernel's workers; of node:fs's four threads one is left.
        const count = subject.name === 'io_uring' ? 200 : HELD;
        const watched = buffers(count).map((buffer, i) => watch(slow.readAt(buffer, i * 4096)));
        await until(async () => (await on.stats()).held > 0, 'reads are held');
        const small = await Promise.all(buffers(2000).map((buffer, i) => fast.readAt(buffer, i * LENGTH)));
        const large = await Promise.all(
          Array.from({ length: 10 }, (_, i) => fast.readAt(new Uint8Array(2 * SIZE), i * LENGTH)),
        );
        assert.deepEqual(tally(watched), { pending: count });
        assert(small.every((bytes) => bytes === LENGTH) && large.every((bytes) => bytes === 2 * SIZE));
        const { completed, inFlight } = countersOf(backend);
        assert.deepEqual([completed, inFlight], [2010, count]);
        await on.clear();
        await until(async () => {
          await on.release();
          return tally(watched).pending === undefined;
        }, 'the held reads end');
        assert.deepEqual(tally(watched), { [LENGTH]: count });
      });
    });
  }

  it('[R25] answers that come newest first reach the reads that they are for', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule(ALL, 'hold');
      const order: number[] = [];
      const held = buffers(HELD);
      const reads = held.map((buffer, i) =>
        file.readAt(buffer, i * 7777).then((count) => {
          order.push(i);
          assert.equal(count, LENGTH);
        }),
      );
      await untilHeld(on, HELD);
      await on.release('backward');
      await Promise.all(reads);
      assert.deepEqual([...order].sort(), [0, 1, 2], order.join(', '));
      held.forEach((buffer, i) => assertBytes(buffer, i * 7777, LENGTH));
    });
  });

  it('[R21] 2,000 reads that each take another time all come right', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      for (let i = 0; i < 40; i++) await on.rule({ reads: [i, i] }, { delay: (i * 7) % 5 });
      const all = buffers(2000);
      await Promise.all(all.map((buffer, i) => file.readAt(buffer, i * 500)));
      all.forEach((buffer, i) => assertBytes(buffer, i * 500, LENGTH));
    });
  });

  // Whether the kernel passes a cancellation on depends on how it reads: a thread of its own that waits can be
  // interrupted, a read that nobody waits in, or for a page of the cache, can't. docs/linux.md says which was seen.
  for (const cached of [false, true]) {
    const how = cached ? 'through the page cache' : 'past the page cache';

    it(`[R63] [R67] aborting held reads ${how}: AbortError where the system gives them up, else their bytes`, async () => {
      await subject.run(async ({ backend, open }) => {
        const on = await subject.fs.file(SIZE, { cached });
        const file = await open(on);
        await on.rule({ reads: [0, HELD - 1] }, 'hold');
        const controller = new AbortController();
        const { signal } = controller;
        const held = buffers(HELD);
        const watched = held.map((buffer, i) => watch(file.readAt(buffer, i * 4096, { signal })));
        await untilHeld(on, HELD);
        controller.abort();
        assert.equal(await file.readAt(new Uint8Array(10), SIZE / 2), 10, 'other reads go on');
        if (backend.capabilities.cancel) assert.equal(backend.stats().detail.cancels, HELD);
        const { held: left } = await on.stats();
        await on.release();
        await until(() => tally(watched).pending === undefined, 'the reads end');
        const { ABORT_ERR: aborted = 0, [LENGTH]: succeeded = 0 } = tally(watched);
        assert.equal(aborted + succeeded, HELD, JSON.stringify(tally(watched)));
        assert(succeeded >= left, `${left} reads were still held, ${succeeded} have succeeded`);
        if (!backend.capabilities.cancel) assert.equal(aborted, 0);
        watched.forEach(({ outcome }, i) => {
          if (outcome === String(LENGTH)) assertBytes(held[i]!, i * 4096, LENGTH);
        });
        console.log(`      of ${HELD} reads ${how}, ${aborted} were given up`);
      });
    });
  }

  it('[R65] [R70] close waits for reads that the system does not give up; their file stays open until then', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      const link = `/proc/self/fd/${file.fd}`;
      await on.rule(ALL, 'stick');
      const held = buffers(HELD);
      const watched = held.map((buffer, i) => watch(file.readAt(buffer, i * LENGTH)));
      await untilHeld(on, HELD);
      const closed = watch(file.close());
      await assert.rejects(file.readAt(new Uint8Array(1), 0), { code: 'EBADF' });
      // What the kernel was asked for, it has by the time that this read of another file is over.
      const other = await open(fixtures.file(100));
      assert.equal(await other.readAt(new Uint8Array(10), 0), 10);
      assert.equal(fs.readlinkSync(link), on.path);
      assert.deepEqual(tally([...watched, closed]), { pending: HELD + 1 });
      await on.release();
      await until(() => closed.outcome !== undefined, 'close ends');
      assert.equal(closed.outcome, 'undefined', 'close has succeeded');
      for (const { outcome } of watched)
        assert.match(outcome ?? 'pending', new RegExp(`^(${LENGTH}|ECANCELED)$`));
      await until(async () => (await on.stats()).open === 0, 'the file system sees it closed');
    });
  });

  it('[R70] [R71] closing a file with held reads, and opening it again: the new file reads on', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const before = openDescriptors();
      for (let round = 0; round < 5; round++) {
        const file = await open(on);
        await on.rule(ALL, 'hold');
        const watched = buffers(HELD).map((buffer, i) => watch(file.readAt(buffer, i * LENGTH)));
        await untilHeld(on, HELD);
        const closed = file.close();
        await on.clear();
        await on.release();
        await closed;
        assert.equal(tally(watched).pending, undefined, 'close is over after its reads');
        const again = await open(on);
        assertBytes(await again.readExactly(0, LENGTH), 0, LENGTH);
        await again.close();
      }
      assert.equal(openDescriptors(), before);
    });
  });
});

describeFaults('faults below: more held reads than slots', (subject) => {
  const COUNT = 2500;
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R77] [R21] aborted, those in line end at once, and none is lost', async () => {
    await subject.run(async ({ backend, open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule(ALL, 'stick');
      const controller = new AbortController();
      const { signal } = controller;
      const watched = buffers(COUNT).map((buffer, i) => watch(file.readAt(buffer, i * 10, { signal })));
      await until(async () => (await on.stats()).held > 0, 'reads are held');
      assert.equal(backend.inFlight, backend.capacity);
      controller.abort();
      await until(() => (tally(watched).ABORT_ERR ?? 0) >= COUNT - backend.capacity, 'those in line end');
      await on.clear();
      await on.release();
      await until(async () => {
        await on.release();
        return tally(watched).pending === undefined;
      }, 'every read ends');
      const { ABORT_ERR: aborted = 0, [LENGTH]: succeeded = 0 } = tally(watched);
      assert.equal(aborted + succeeded, COUNT);
      assertBytes(await file.readExactly(0, LENGTH), 0, LENGTH);
    });
  });

  it('[R77] [R21] closed, those in line end with ECANCELED, and close waits for the others', async () => {
    await subject.run(async ({ backend, open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule(ALL, 'stick');
      const watched = buffers(COUNT).map((buffer, i) => watch(file.readAt(buffer, i * 10)));
      await until(async () => (await on.stats()).held > 0, 'reads are held');
      const closed = watch(file.close());
      await until(() => (tally(watched).ECANCELED ?? 0) >= COUNT - backend.capacity, 'those in line end');
      assert.equal(closed.outcome, undefined);
      await on.clear();
      await until(async () => {
        await on.release();
        return closed.outcome !== undefined;
      }, 'close ends');
      const { ECANCELED: cancelled = 0, [LENGTH]: succeeded = 0 } = tally(watched);
      assert.equal(cancelled + succeeded, COUNT);
    });
  });
});

// The worst file system for the ring: io_uring_enter itself would wait in it.
describeFaults(
  'faults below: a file system that makes its readers wait',
  (subject) => {
    it('[R22] a held read holds neither the event loop nor reads of other files; the kernel passes an abort on', async () => {
      const [on, other] = [await subject.fs.file(SIZE), await subject.fs.file(SIZE)];
      await on.rule(ALL, 'hold');
      const program = new Program('held', [subject.name, on.path, `${HELD}`, other.path]);
      try {
        assert.equal(await program.message(), 'reading'); // from an event loop that goes round
        await untilHeld(on, HELD);
        program.tell('read');
        assert.equal(await program.message(), 'read');
        program.tell('abort');
        // A thread of node:fs's pool can't be interrupted, one of the kernel's can.
        const cancels = subject.name === 'io_uring';
        if (!cancels) await on.release();
        const outcome = cancels ? 'ABORT_ERR' : '512';
        assert.deepEqual(await program.message(), Array<string>(HELD).fill(outcome));
        assert.equal((await on.stats()).interrupts, cancels ? HELD : 0);
      } finally {
        await on.release();
        program.tell('exit');
      }
      assert.deepEqual(await program.exit, { code: 7, signal: null });
    });
  },
  { sync: true },
);
