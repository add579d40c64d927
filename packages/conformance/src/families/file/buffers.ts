/** Where the bytes go: every kind of view, exactly its bytes, and what happens when its memory is taken away (R38-R43). */
import assert from 'node:assert/strict';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, readAt, SENTINEL, sentinels, waysOf } from './subject.js';

const SIZE = 100_000;

type ViewClass = new (buffer: ArrayBufferLike, offset: number, length: number) => NodeJS.ArrayBufferView;

const VIEWS: readonly (readonly [ViewClass, number])[] = [
  [Uint8Array, 1],
  [Uint8ClampedArray, 1],
  [Int8Array, 1],
  [Uint16Array, 2],
  [Int16Array, 2],
  [Uint32Array, 4],
  [Int32Array, 4],
  [Float32Array, 4],
  [Float64Array, 8],
  [BigInt64Array, 8],
  [BigUint64Array, 8],
  [DataView, 1],
];

function wasmMemory(): ArrayBuffer {
  const { Memory } = (
    globalThis as never as { WebAssembly: { Memory: new (o: object) => { buffer: ArrayBuffer } } }
  ).WebAssembly;
  return new Memory({ initial: 1, maximum: 1 }).buffer;
}

const MEMORIES: readonly (readonly [string, () => ArrayBufferLike])[] = [
  ['ArrayBuffer', () => new ArrayBuffer(65_536)],
  ['SharedArrayBuffer', () => new SharedArrayBuffer(65_536)],
  ['WebAssembly memory', wasmMemory],
];

export function buffers(subject: FileSubject): void {
  for (const [View, bytesEach] of VIEWS) {
    it(`[R43] a ${View.name} gets its bytes and no others do, by every way to read`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      for (const { name, read } of waysOf(file)) {
        const memory = sentinels(64 + 800 + 64);
        const view = new View(memory.buffer, memory.byteOffset + 64, 800 / bytesEach);
        assert.equal(await read(file, view, 321), 800, name);
        assertPattern(memory.subarray(64, -64), 321, 800, name);
        assert(
          [...memory.subarray(0, 64), ...memory.subarray(-64)].every((byte) => byte === SENTINEL),
          name,
        );
      }
    });
  }

  it('offset and length are bytes, also where the elements are wider', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const view = new Float64Array(10);
    const result = await file.read(view, 3, 8, 50);
    assert.equal(result.bytesRead, 8);
    assert.equal(result.buffer, view);
    const bytes = Buffer.from(view.buffer);
    assert.deepEqual(bytes, Buffer.concat([Buffer.alloc(3), pattern(50, 8), Buffer.alloc(69)]));
  });

  for (const [what, make] of MEMORIES) {
    it(`[R38] views on ${what} are filled`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      const memory = make();
      for (const { name, read } of waysOf(file)) {
        const view = new Uint8Array(memory, 100, 5000).fill(SENTINEL);
        assert.equal(await read(file, view, 77), 5000, name);
        assertPattern(view, 77, 5000, name);
      }
    });
  }

  it('[R43] pooled Buffers: neighbours in the pool stay as they were', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const pooled = Array.from({ length: 100 }, () => Buffer.allocUnsafe(64).fill(SENTINEL));
    await Promise.all(pooled.map(async (buffer, i) => i % 2 === 0 && (await readAt(file, buffer, i * 64))));
    for (const [i, buffer] of pooled.entries()) assertPattern(buffer, i * 64, i % 2 === 0 ? 64 : 0);
  });

  it('[R42] reads of one region into one buffer: whoever is last, the bytes are right', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = sentinels(8192);
    await Promise.all(Array.from({ length: 20 }, () => readAt(file, buffer, 500)));
    assertPattern(buffer, 500, 8192);
  });

  it('[R42] reads into neighbouring parts of one buffer do not touch each other', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = sentinels(10_007);
    const part = 97;
    const reads: Promise<unknown>[] = [];
    for (let at = 0; at < buffer.byteLength; at += part) {
      reads.push(file.read(buffer, at, Math.min(part, buffer.byteLength - at), at));
    }
    await Promise.all(reads);
    assertPattern(buffer, 0, buffer.byteLength);
  });

  it('[R60] a view whose memory is gone is refused (FileHandle: reads no bytes)', async function () {
    subject.needs(this, subject.isFileHandle !== true, 'FileHandle takes its length, 0, for what was asked');
    await using file = await subject.open(subject.fixtures.file(SIZE));
    for (const View of [Uint8Array, Float64Array, DataView] as ViewClass[]) {
      const memory = new ArrayBuffer(64);
      const view = new View(memory, 0, 8);
      structuredClone(memory, { transfer: [memory] });
      const refusal = { code: 'ERR_INVALID_ARG_VALUE', message: /buffer/ };
      const reading = file.readAt!(view, 0); // must reject, not throw
      await assert.rejects(reading, refusal, View.name);
      await assert.rejects(file.read(view, 0, 0, 0), refusal, View.name);
    }
  });

  it('[R40] a view on a resizable ArrayBuffer is refused (FileHandle: takes it)', async function () {
    subject.needs(this, subject.isFileHandle !== true, 'FileHandle takes it, and gives EFAULT if it shrinks');
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
    const view = new Uint8Array(new Resizable(64, { maxByteLength: 128 }));
    for (const { name, read } of waysOf(file).filter(({ name }) => name !== 'readMany')) {
      await assert.rejects(
        read(file, view, 0),
        { code: 'ERR_INVALID_ARG_VALUE', message: /resizable/ },
        name,
      );
    }
  });

  it('[R39] memory transferred during the read: no crash, its new owner has it, the next read works', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = new Uint8Array(new ArrayBuffer(4096));
    const reading = readAt(file, buffer, 0);
    // Who keeps `moved` keeps the memory: by fs.read's own rule the caller must until the read has settled.
    const moved = structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
    if (subject.isFileHandle === true) assert.equal(await reading, 4096);
    else await assert.rejects(reading, { code: 'ERR_INVALID_STATE', syscall: 'read' });
    assert.equal(buffer.byteLength, 0);
    assert.equal(moved.byteLength, 4096);
    const next = sentinels(4096);
    assert.equal(await readAt(file, next, 5), 4096);
    assertPattern(next, 5, 4096);
  });
}
