/** The memory that the kernel fills stays, whatever JS does with it meanwhile (R26, R27, R39, R65). */
import assert from 'node:assert/strict';
import { closeHandle } from '@overlapped/core/overlapped';
import type { Backend } from '@overlapped/core/backend';
import { Fixtures, pattern } from '@overlapped/conformance';
import { collect, describeUring, Reader, turn, uringBackend, type WaitingRead } from './support.js';

const BYTES = 16_384; // a FIFO takes them in one write

/** ES2024, from Node 22 on. */
interface Transferable {
  transfer?(): ArrayBuffer;
}

/** Moves the memory to another owner and drops that one: by transfer(), or by a byte stream, which Node 20 has. */
async function giveAway(buffer: ArrayBuffer): Promise<void> {
  const owner = buffer as ArrayBuffer & Transferable;
  if (owner.transfer !== undefined) {
    owner.transfer();
  } else {
    const stream = new ReadableStream({
      type: 'bytes',
      start: (controller) => controller.enqueue(new Uint8Array(buffer)),
    });
    await stream.cancel();
  }
  assert.equal(buffer.byteLength, 0, 'the buffer was not detached');
}

describeUring('io_uring: memory of reads in flight', () => {
  const fixtures = new Fixtures();
  let backend: Backend;
  let fifo: ReturnType<Fixtures['fifo']>;
  let reader: Reader;

  before(() => {
    backend = uringBackend();
    fifo = fixtures.fifo();
    reader = new Reader(backend, fifo.path);
  });
  after(async () => {
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
    fixtures.dispose();
  });

  const regions = (): number => backend.stats().detail.regions as number;

  it('[R27] a buffer that only the read holds survives gc(), and goes after it', async () => {
    let seen: Buffer | undefined;
    let buffer: WeakRef<Buffer>;
    let ended: WaitingRead['ended'];
    (() => {
      const target = Buffer.allocUnsafeSlow(BYTES);
      buffer = new WeakRef(target);
      ended = reader.read(target).ended.then((end) => {
        seen = Buffer.from(buffer.deref() ?? []);
        return end;
      });
    })();
    await turn();
    assert.equal(await collect(() => buffer.deref() === undefined), false, 'collected while the read waits');
    // Other memory takes the place of whatever was freed too early.
    const others = Array.from({ length: 100 }, () => Buffer.alloc(BYTES, 0xee));
    await fifo.write(pattern(0, BYTES));
    assert.deepEqual(await ended!, { errorCode: 0, numBytes: BYTES });
    assert.deepEqual(seen, pattern(0, BYTES));
    assert.ok(others.every((other) => other.every((byte) => byte === 0xee)));
    assert.ok(await collect(() => buffer.deref() === undefined), 'still pinned after the read');
  });

  it('library memory that only the read holds survives gc(), and goes after it', async () => {
    const before = regions();
    let ended: WaitingRead['ended'];
    (() => {
      ended = reader.read(new Uint8Array(backend.allocate(BYTES))).ended;
    })();
    await turn();
    assert.equal(await collect(() => regions() === before), false, 'unmapped while the read waits');
    await fifo.write(pattern(0, BYTES));
    assert.deepEqual(await ended!, { errorCode: 0, numBytes: BYTES });
    assert.ok(await collect(() => regions() === before), 'never unmapped');
  });

  it('[R39] library memory that was transferred away and collected stays mapped for the kernel', async () => {
    const before = regions();
    const memory = backend.allocate(BYTES);
    const { ended } = reader.read(new Uint8Array(memory));
    await turn();
    await giveAway(memory);
    assert.equal(await collect(() => regions() === before), false, 'unmapped while the read waits');
    await fifo.write(pattern(0, BYTES));
    // ERROR_NOACCESS: the bytes are not in the caller's view, and the caller is told.
    assert.deepEqual(await ended, { errorCode: 998, numBytes: 0 });
    assert.ok(await collect(() => regions() === before), 'never unmapped');
  });

  it('[R41] structuredClone of library memory in flight copies or refuses, and the read goes on', async () => {
    const memory = backend.allocate(BYTES);
    const { ended } = reader.read(new Uint8Array(memory));
    await turn();
    let outcome = 'copied';
    try {
      assert.equal(structuredClone(memory, { transfer: [memory] }).byteLength, BYTES);
    } catch (error) {
      outcome = (error as Error).name;
    }
    assert.ok(['copied', 'DataCloneError'].includes(outcome), outcome);
    await fifo.write(pattern(0, BYTES));
    assert.deepEqual(await ended, { errorCode: 0, numBytes: BYTES });
    assert.deepEqual(Buffer.from(memory), pattern(0, BYTES));
  });

  it('memory that is transferred away before the submission fails its own read only', async () => {
    const lost = backend.allocate(4096);
    const kept = new Uint8Array(4);
    const first = reader.read(new Uint8Array(lost));
    const second = reader.read(kept);
    await giveAway(lost);
    await turn();
    assert.deepEqual(await first.ended, { errorCode: 998, numBytes: 0 });
    await fifo.write(Buffer.from('kept'));
    assert.deepEqual(await second.ended, { errorCode: 0, numBytes: 4 });
    assert.equal(Buffer.from(kept).toString(), 'kept');
  });

  it('library memory begins on a page and is zeroed', async () => {
    const memory = new Uint8Array(backend.allocate(8192));
    assert.ok(memory.every((byte) => byte === 0));
    assert.throws(() => backend.allocate(2 ** 50), /memory|length/i);
    assert.throws(() => backend.allocate(-4096), /memory|length/i);
  });

  it('an end of the backend leaves its memory to those who hold it', async () => {
    const own = uringBackend();
    const memory = new Uint8Array(own.allocate(4096));
    await own.close();
    memory.fill(7);
    assert.ok(await collect(() => true));
    assert.equal(memory[4095], 7);
  });
});
