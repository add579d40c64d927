/** The ring in the event loop: what wakes it, what keeps it alive, and how much one wake-up delivers. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { closeHandle } from '@overlapped/core/overlapped';
import { Fixtures, pattern } from '@overlapped/conformance';
import { describeUring, Program, Reader, run, turn, uringBackend } from './support.js';

describeUring('io_uring: event loop', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R75] an idle backend does not keep the process alive', async () => {
    const { code, signal, stdout, stderr } = await run('keep-alive', ['idle', fixtures.file(5000)]);
    assert.deepEqual(
      { code, signal, stdout, stderr },
      { code: 0, signal: null, stdout: 'read 5000\n', stderr: '' },
    );
  });

  it('[R75] a read in flight keeps the process alive, and its data wakes it', async () => {
    const fifo = fixtures.fifo();
    const program = new Program('keep-alive', ['in-flight', fifo.path]);
    await program.prints('waiting');
    await new Promise((resolve) => setTimeout(resolve, 50)); // time to end, for a loop that would
    await fifo.write(Buffer.from('hello'));
    const { code, stdout, stderr } = await program.exit;
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'waiting\nread 5\n', stderr: '' });
    await fifo.end();
  });

  it('one wake-up delivers every completion there is', async () => {
    const reads = 100;
    const backend = uringBackend();
    const fifo = fixtures.fifo();
    const reader = new Reader(backend, fifo.path);
    const buffers = Array.from({ length: reads }, () => new Uint8Array(1));
    const waiting = buffers.map((buffer) => reader.read(buffer));
    await turn();
    const before = backend.stats();
    assert.equal(before.inFlight, reads);
    await fifo.write(pattern(0, reads));
    for (const { ended } of waiting) assert.deepEqual(await ended, { errorCode: 0, numBytes: 1 });
    assert.equal(backend.stats().wakeups - before.wakeups, 1);
    // The kernel wakes the readers in no promised order (R25): every byte came once.
    assert.deepEqual(Buffer.concat(buffers).sort(), pattern(0, reads).sort());
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
  });

  it('reads that complete inside the submission never starve a timer', async () => {
    const backend = uringBackend();
    const reader = new Reader(backend, fixtures.file(65_536));
    const buffer = new Uint8Array(65_536);
    let fired = false;
    setTimeout(() => (fired = true), 1);
    let reads = 0;
    for (; !fired && reads < 1_000_000; reads++) await reader.read(buffer).ended;
    assert.equal(fired, true, `no timer ran during ${reads} reads`);
    await closeHandle(reader.handle);
    await backend.close();
  });

  it('[R22] a read of cached data does not call back inside the issuing job', async () => {
    const backend = uringBackend();
    const reader = new Reader(backend, fixtures.file(100));
    let issued = false;
    const { ended } = reader.read(new Uint8Array(100));
    const seen = ended.then(() => issued);
    issued = true;
    assert.equal(await seen, true);
    await closeHandle(reader.handle);
    await backend.close();
  });

  it('/proc files say EOF and errors as the kernel does', async () => {
    const backend = uringBackend();
    const memory = new Reader(backend, '/proc/self/mem');
    // Page 0 is not mapped: the kernel says EIO, which is 1117 in the document's numbers.
    assert.deepEqual(await memory.read(new Uint8Array(16)).ended, { errorCode: 1117, numBytes: 0 });
    await closeHandle(memory.handle);
    const empty = new Reader(backend, '/dev/null');
    assert.deepEqual(await empty.read(new Uint8Array(16)).ended, { errorCode: 38, numBytes: 0 });
    await closeHandle(empty.handle);
    await backend.close();
  });

  it('a file that has grown is read to its new end (no length is cached)', async () => {
    const backend = uringBackend();
    const file = fixtures.file(10);
    const reader = new Reader(backend, file);
    const buffer = new Uint8Array(16);
    assert.deepEqual(await reader.read(buffer, 10).ended, { errorCode: 38, numBytes: 0 });
    fs.appendFileSync(file, 'more');
    assert.deepEqual(await reader.read(buffer, 10).ended, { errorCode: 0, numBytes: 4 });
    await closeHandle(reader.handle);
    await backend.close();
  });
});
