/** What happens around reads: opening, closing, changes of the files, aborts, transfers, workers, misuse. */
import type { OverlappedFile } from '@overlapped/core';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { picks, positions, lengths } from './arbitraries.js';
import { Command, onHandle } from './command.js';
import { LARGEST_FILE } from './file-model.js';

const opens = fc
  .record({
    pick: fc.nat({ max: 1 }),
    access: fc.constantFrom('random', 'sequential', 'normal'),
    direct: fc.nat({ max: 5 }).map((n) => n === 5),
  })
  .map(({ pick, access, direct }) => {
    const title = `open file ${pick}, ${access}${direct ? ', direct' : ''}`;
    return new Command(title, (world) => world.open(pick, { access, direct }));
  });

const resizes = fc
  .tuple(picks, fc.nat({ max: LARGEST_FILE }))
  .map(([pick, size]) => new Command(`resize file ${pick % 2} to ${size}`, (w) => w.file(pick).resize(size)));

const overwrites = fc
  .tuple(picks, positions, lengths)
  .map(
    ([pick, position, length]) =>
      new Command(`overwrite ${length} at ${position} of file ${pick % 2}`, (world) =>
        world.file(pick).overwrite(position, length),
      ),
  );

const unlinks = picks.map(
  (pick) =>
    new Command(`unlink file ${pick % 2}`, (world) => {
      const file = world.file(pick);
      if (file.linked) file.unlink();
    }),
);

const closes = picks.map((pick) => onHandle(pick, 'close', (world, handle) => world.close(handle)));
const turns = fc.constant(new Command('let the event loop turn', (world) => world.turn()));
const settles = fc.constant(new Command('wait for every call', (world) => world.settle()));
const aborts = picks.map((pick) => new Command(`abort call ${pick}`, (world) => world.abort(pick)));
const transfers = picks.map(
  (pick) => new Command(`transfer the memory of call ${pick}`, (world) => world.transfer(pick)),
);
const collections = fc.constant(
  new Command('collect garbage', () => {
    global.gc?.(); // with --expose-gc
  }),
);

const workerStarts = picks.map(
  (pick) => new Command(`start worker on file ${pick % 2}`, (w) => w.startWorker(pick)),
);
const workerReads = fc.tuple(picks, positions, lengths).map(
  ([pick, position, length]) =>
    new Command(`worker ${pick}: read ${length} at ${position}`, (world) => {
      const worker = world.worker(pick);
      if (worker === undefined) return;
      world.start(world.expect(worker, [{ position, length }], 'clamp'), async () => [
        await worker.read(position, length),
      ]);
    }),
);
const workerEnds = picks.map(
  (pick) => new Command(`terminate worker ${pick}`, (w) => w.terminateWorker(pick)),
);

/** Ends one read of a stepwise backend; elsewhere nothing. */
const completions = fc.tuple(fc.nat({ max: 15 }), fc.boolean()).map(
  ([pick, obeys]) =>
    new Command(`complete read ${pick}${obeys ? '' : ', also if it was cancelled'}`, ({ subject }) => {
      subject.stepwise?.complete(pick, obeys);
    }),
);

const bytes = (): Buffer => Buffer.alloc(16);

/** Calls that are refused before any system call (R45, R60), and by which code. */
const MISUSES: Readonly<Record<string, readonly [string, (file: OverlappedFile) => Promise<unknown>]>> = {
  'readAt -1': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), -1)],
  'readAt 0.5': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), 0.5)],
  'readAt NaN': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), NaN)],
  'readAt 2^53': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), 2 ** 53)],
  'readAt 2^63 - 1': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), 2n ** 63n - 1n)],
  'readAt -1n': ['ERR_OUT_OF_RANGE', (file) => file.readAt(bytes(), -1n)],
  'readAt a text': ['ERR_INVALID_ARG_TYPE', (file) => file.readAt(bytes(), '0' as never)],
  'readAt no position': ['ERR_INVALID_ARG_TYPE', (file) => file.readAt(bytes(), undefined as never)],
  'readAt no view': ['ERR_INVALID_ARG_TYPE', (file) => file.readAt(new ArrayBuffer(8) as never, 0)],
  'read beyond the buffer': ['ERR_OUT_OF_RANGE', (file) => file.read(bytes(), 10, 7, 0)],
  'read a signal that is none': [
    'ERR_INVALID_ARG_TYPE',
    (file) => file.read(bytes(), { signal: 1 as never }),
  ],
  'readMany no array': ['ERR_INVALID_ARG_TYPE', (file) => file.readMany({} as never)],
  'readMany an unknown policy': ['ERR_INVALID_ARG_VALUE', (file) => file.readMany([], { eof: 'x' as never })],
  'readExactly -1 bytes': ['ERR_OUT_OF_RANGE', (file) => file.readExactly(0, -1)],
  'chunks 0 ahead': ['ERR_OUT_OF_RANGE', (file) => file.chunks({ depth: 0 }).next()],
  'readFile an unknown encoding': ['ERR_INVALID_ARG_VALUE', (file) => file.readFile('x' as never)],
};

const misuses = fc.tuple(picks, fc.constantFrom(...Object.keys(MISUSES))).map(([pick, name]) =>
  onHandle(pick, `misuse: ${name}`, async (world, { file, closed }) => {
    if (closed || file.direct) return; // another reason to refuse the call may come first
    const [code, call] = MISUSES[name] as (typeof MISUSES)[string];
    await assert.rejects(world.waitFor(call(file)), { code });
  }),
);

export const worldCommands = {
  ...{ opens, resizes, overwrites, unlinks, closes, turns, settles, aborts, transfers, collections },
  ...{ workerStarts, workerReads, workerEnds, completions, misuses },
};
