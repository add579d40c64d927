/** What subscribers of the tracing channels see: of every open, read and close, all of Node's five events, in order. */
import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import type { FileTrace, OverlappedFile, ReadTrace } from '@overlapped/core';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR } from '../../faults.js';
import { withFaults } from './subject.js';

const SIZE = 300_000;
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const SUCCEEDED = ['start', 'end', 'asyncStart', 'asyncEnd'];
const FAILED = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];

interface Traced<T> {
  readonly trace: T;
  readonly events: string[];
}

/** Each thing that was traced while `body` ran, in order, with its events. */
async function watch<T extends object>(name: string, body: () => Promise<void>): Promise<Traced<T>[]> {
  const traced = new Map<unknown, Traced<T>>();
  const subscribers = Object.fromEntries(
    EVENTS.map((event) => [
      event,
      (message: unknown) => {
        const known = traced.get(message) ?? { trace: message as T, events: [] };
        traced.set(message, known);
        known.events.push(event);
      },
    ]),
  ) as unknown as Parameters<ReturnType<typeof tracingChannel>['subscribe']>[0];
  const channel = tracingChannel(name);
  channel.subscribe(subscribers);
  try {
    await body();
  } finally {
    channel.unsubscribe(subscribers);
  }
  return [...traced.values()];
}

/** `ranges`, position, bytes asked for, bytes read. */
type ReadEvent = readonly [number, number | bigint, number, unknown];

/** How a file is read, and the events that are to come of it. */
const READS: readonly (readonly [
  string,
  (file: OverlappedFile) => Promise<unknown>,
  readonly ReadEvent[],
])[] = [
  ['readAt', (file) => file.readAt(new Uint8Array(100), 5), [[1, 5, 100, 100]]],
  ['readAt at the end of the file', (file) => file.readAt(new Uint8Array(9), SIZE), [[1, SIZE, 9, 0]]],
  ['read', (file) => file.read(new Uint8Array(100), 10, 50, 7), [[1, 7, 50, 50]]],
  [
    'readv',
    (file) => file.readv([new Uint8Array(10), new Uint8Array(20)], 3n),
    [
      [1, 3n, 10, 10],
      [1, 13n, 20, 20],
    ],
  ],
  ['readExactly', (file) => file.readExactly(1, 1000), [[1, 1, 1000, 1000]]],
  [
    'readMany',
    (file) =>
      file.readMany(
        [
          { position: 900, length: 10 },
          { position: 0, into: new Uint8Array(20) },
          { position: SIZE - 5, length: 10 },
        ],
        { eof: 'clamp' },
      ),
    [[3, 900, 40, 35]],
  ],
  ['readMany of nothing', (file) => file.readMany([]), [[0, 0, 0, 0]]],
  [
    'chunks',
    async (file) => {
      for await (const chunk of file.chunks({ chunkSize: 200_000, depth: 1 })) assert(chunk.length > 0);
    },
    [
      [1, 0, 200_000, 200_000],
      [1, 200_000, 200_000, 100_000],
      [1, 300_000, 100_000, 0], // a chunk that came short is read on
    ],
  ],
  [
    'createReadStream',
    (file) => file.createReadStream({ start: 10, end: 29, highWaterMark: 10, autoClose: false }).toArray(),
    [
      [1, 10, 10, 10],
      [1, 20, 10, 10],
    ],
  ],
  [
    'readableWebStream',
    async (file) => {
      for await (const chunk of file.readableWebStream({ end: 99 })) assert.equal(chunk.length, 100);
    },
    [
      [1, 0, 100, 100],
      [1, 100, 0, 0],
    ],
  ],
];

export function tracing(context: ConformanceContext): void {
  for (const [name, read, expected] of READS) {
    it(`${name}: ${expected.length === 1 ? 'one event' : `${expected.length} events`}, with what was asked for and what came`, async () => {
      const path = context.fixtures.file(SIZE);
      await using file = await context.open(path);
      const traced = await watch<ReadTrace>('overlapped:read', async () => {
        await read(file);
      });
      const seen = traced.map(({ trace }) => [trace.ranges, trace.position, trace.length, trace.result]);
      assert.deepEqual(seen, expected);
      for (const { trace, events } of traced) {
        assert.deepEqual(events, SUCCEEDED);
        assert.deepEqual([trace.path, trace.backend], [path, file.backend]);
      }
    });
  }

  it('[R62] what finishes a short read: of a chunk an event of its own, of a batch none', async () => {
    const decide = (): { kind: 'short'; bytes: number } => ({ kind: 'short', bytes: 600 });
    await withFaults(context, { decide }, async (_backend, open) => {
      const file = await open(context.fixtures.file(1000));
      const chunk = await watch<ReadTrace>('overlapped:read', async () => {
        for await (const bytes of file.chunks({ end: 1000, chunkSize: 1000 }))
          assert.equal(bytes.length, 1000);
      });
      const batch = await watch<ReadTrace>('overlapped:read', async () => {
        await file.readMany([{ position: 0, length: 1000 }]);
      });
      const results = (traced: Traced<ReadTrace>[]): unknown[] => traced.map(({ trace }) => trace.result);
      assert.deepEqual(results(chunk), [600, 400]);
      assert.deepEqual(results(batch), [1000]);
    });
  });

  it('a read that fails: the error, to the caller and to the subscriber', async () => {
    await withFaults(context, { decide: () => DEVICE_ERROR }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      for (const read of [
        () => file.readAt(new Uint8Array(1), 0),
        () => file.readMany([{ position: 0, length: 1 }]),
      ]) {
        let thrown: unknown;
        const [traced, ...others] = await watch<ReadTrace>('overlapped:read', async () => {
          thrown = await read().catch((error: unknown) => error);
        });
        assert.deepEqual(others, []);
        assert.deepEqual(traced?.events, FAILED);
        assert.equal((thrown as NodeJS.ErrnoException).code, 'EIO');
        assert.equal(traced?.trace.error, thrown);
      }
    });
  });

  it('an abort is an error too', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    const [traced] = await watch<ReadTrace>('overlapped:read', async () => {
      const read = file.read(new Uint8Array(1), { signal: AbortSignal.abort() });
      await assert.rejects(read, { code: 'ABORT_ERR' });
    });
    assert.deepEqual(traced?.events, FAILED);
  });

  it('an open and the first close: one event each; an open that fails: its error', async () => {
    const path = context.fixtures.file(SIZE);
    const closed: OverlappedFile[] = [];
    const opens = await watch<FileTrace>('overlapped:open', async () => {
      closed.push(await context.open(path));
      await assert.rejects(context.open(`${path}.missing`), { code: 'ENOENT' });
    });
    const [file] = closed as [OverlappedFile];
    const closes = await watch<FileTrace>('overlapped:close', async () => {
      await Promise.all([file.close(), file.close()]);
      await file.close();
    });
    assert.deepEqual(
      [...opens, ...closes].map(({ events }) => events),
      [SUCCEEDED, FAILED, SUCCEEDED],
    );
    const backend = context.backend.name;
    assert.deepEqual(opens[0]?.trace, { path, backend, result: file });
    assert.equal((opens[1]?.trace.error as NodeJS.ErrnoException).code, 'ENOENT');
    assert.deepEqual(closes[0]?.trace, { path, backend, result: undefined });
  });

  it('[R70] a stream that closes its file is seen to', async () => {
    const file = await context.open(context.fixtures.file(10));
    const closes = await watch<FileTrace>('overlapped:close', async () => {
      const stream = file.createReadStream();
      await stream.toArray();
      await file.close(); // the same close
    });
    assert.deepEqual(
      closes.map(({ events }) => events),
      [SUCCEEDED],
    );
  });
}
