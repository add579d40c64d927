/** What the streams have beyond FileHandle's: ranges of web streams, depth, bigints, errors on the way (R80). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR } from '../../faults.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, until, withFaults } from './subject.js';

const SIZE = 200_000;

const WEB_SPANS = [
  {},
  { start: 10 },
  { start: 10n, end: 10n },
  { start: 65_535, end: 131_072, chunkSize: 1000 },
  { end: SIZE + 10, chunkSize: 1 << 20 },
  { start: SIZE },
  { start: SIZE - 1, end: 2n ** 62n },
] as const;

export function streamOptions(context: ConformanceContext): void {
  for (const span of WEB_SPANS) {
    const { start = 0, end = SIZE }: { start?: number | bigint; end?: number | bigint } = span;
    it(`[R80] readableWebStream from ${start} to ${end}, inclusive`, async () => {
      await using file = await context.open(context.fixtures.file(SIZE));
      const parts: Uint8Array[] = [];
      for await (const chunk of file.readableWebStream(span)) parts.push(chunk);
      const length = Math.min(SIZE - 1, Number(end)) - Number(start) + 1;
      assert(pattern(Number(start), length).equals(Buffer.concat(parts)));
    });
  }

  for (const [what, options, code] of [
    ['start -1', { start: -1 }, 'ERR_OUT_OF_RANGE'],
    ['end before start', { start: 2, end: 1 }, 'ERR_OUT_OF_RANGE'],
    ['chunkSize 0', { chunkSize: 0 }, 'ERR_OUT_OF_RANGE'],
    ['signal 5', { signal: 5 as never }, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`[R45] readableWebStream refuses ${what} by a throw`, async () => {
      await using file = await context.open(context.fixtures.file(10));
      assert.throws(() => file.readableWebStream(options), { code });
    });
  }

  it('readableWebStream with autoClose closes the file at the end, and on cancel', async () => {
    const path = context.fixtures.file(SIZE);
    const ended = await context.open(path);
    for await (const chunk of ended.readableWebStream({ autoClose: true })) assert(chunk.byteLength > 0);
    await ended.close(); // waits for the same close
    assert.equal(ended.fd, -1);

    const cancelled = await context.open(path);
    await cancelled.readableWebStream({ autoClose: true }).cancel();
    assert.equal(cancelled.fd, -1);
  });

  it('a web stream of a file that was closed is in error', async () => {
    const file = await context.open(context.fixtures.file(SIZE));
    const reader = file.readableWebStream().getReader();
    assertPattern((await reader.read()).value as Uint8Array, 0, 65_536);
    await file.close();
    await assert.rejects(reader.read(), { code: 'EBADF' });
  });

  it('createReadStream takes bigints and depth, and knows its path', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    for (const depth of [1, 2, 64]) {
      const stream = file.createReadStream({
        start: 5n,
        end: 99_999n,
        depth,
        highWaterMark: 777,
        autoClose: false,
      });
      assert.equal(stream.path, file.path);
      assert(pattern(5, 99_995).equals(Buffer.concat((await stream.toArray()) as Buffer[])));
    }
    assert.throws(() => file.createReadStream({ highWaterMark: 0 }), { code: 'ERR_OUT_OF_RANGE' });
  });

  it('a chunk that `end` makes shorter keeps no more memory than its bytes', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    const options = { start: 5, end: 2_004, highWaterMark: 1_500, autoClose: false };
    const parts = (await file.createReadStream(options).toArray()) as Buffer[];
    assert.deepEqual(
      parts.map(({ buffer }) => buffer.byteLength),
      [1_500, 500],
    );
  });

  it('[R65] destroying a Node stream waits for its reads, then closes the file', async () => {
    const decide = (_read: unknown, number: number) => (number > 0 ? ({ kind: 'late' } as const) : undefined);
    await withFaults(context, { decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const stream = file.createReadStream({ highWaterMark: 1000, depth: 3 });
      stream.resume();
      await until(() => backend.waiting === 3, 'three completions wait');
      stream.destroy();
      const closed = once(stream, 'close');
      assert.notEqual(file.fd, -1, 'not closed with reads in flight');
      backend.release();
      await closed;
      assert.equal(backend.inFlight, 0);
      assert.equal(file.fd, -1);
    });
  });

  it('[R62] [R63] destroying a Node stream gives up what would finish a short read, and begins nothing more', async () => {
    for (const [kind, then] of [
      ['a finishing read that waits', 'wait'],
      ['a short read that comes after all', 'late'],
    ] as const) {
      const decide = (_read: unknown, number: number) => {
        if (then === 'late') return { kind: 'late' } as const;
        return number === 0 ? ({ kind: 'short', bytes: 17 } as const) : ({ kind: 'wait' } as const);
      };
      await withFaults(context, { decide }, async (backend, open) => {
        const path = context.fixtures.file(SIZE);
        const file = await open(path);
        const stream = file.createReadStream({ highWaterMark: SIZE + 1 }); // the file ends in its first chunk
        stream.on('data', () => assert.fail(`${kind}: data of a destroyed stream`));
        const reads = then === 'late' ? 1 : 2;
        await until(() => backend.seen.length === reads && backend.waiting === 1, 'the last read waits');
        stream.destroy();
        await until(() => backend.cancels === 1, 'the cancellation arrives');
        if (then === 'late') backend.release();
        await once(stream, 'close');
        assert.equal(backend.seen.length, reads, kind);
        assert.equal(backend.inFlight, 0, kind);
      });
    }
  });

  it('a device error comes after the bytes before it, and closes the file', async () => {
    const decide = (_read: unknown, number: number) => (number === 2 ? DEVICE_ERROR : undefined);
    await withFaults(context, { decide }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const stream = file.createReadStream({ highWaterMark: 1000, depth: 4 });
      const parts: Buffer[] = [];
      const drain = async (): Promise<void> => {
        for await (const chunk of stream) parts.push(chunk as Buffer);
      };
      await assert.rejects(drain(), { code: 'EIO', position: 2000 });
      assertPattern(Buffer.concat(parts), 0, 2000);
      if (!stream.closed) await once(stream, 'close');
      assert.equal(file.fd, -1);
    });
  });
}
