/** Workers and processes that end with reads in flight (R74): never a hang, never a crash, nothing left open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { closeHandle } from '@overlapped/core/overlapped';
import type { Backend } from '@overlapped/core/backend';
import { Fixtures, pattern } from '@overlapped/conformance';
import { collect, describeUring, openDescriptors, Reader, run, uringBackend } from './support.js';

const SIZE = 4 << 20;

/** @returns the worker's exit code */
async function work(mode: string, file: string, fifo: string, until?: string): Promise<number> {
  const worker = new Worker(path.join(__dirname, 'programs', 'in-flight.js'), {
    workerData: { mode, file, fifo },
  });
  const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
  const failures: unknown[] = [];
  worker.on('error', (error) => failures.push(error));
  if (until !== undefined) {
    const [message] = (await once(worker, 'message')) as [string];
    assert.equal(message, until);
    await worker.terminate();
  }
  const code = await exit;
  const expected = mode === 'throw' ? ['thrown with reads in flight'] : [];
  assert.deepEqual(
    failures.map((failure) => (failure as Error).message),
    expected,
  );
  return code;
}

describeUring('io_uring: ends of environments', () => {
  const fixtures = new Fixtures();
  let file: string;
  let fifo: ReturnType<Fixtures['fifo']>;
  before(() => {
    file = fixtures.file(SIZE);
    fifo = fixtures.fifo();
  });
  after(async () => {
    await fifo.end();
    fixtures.dispose();
  });

  const ends: [mode: string, code: number, until?: string][] = [
    ['natural', 0],
    ['terminate', 1, 'started'],
    ['busy', 1, 'started'],
    ['exit', 7],
    ['throw', 1],
  ];
  for (const [mode, expected, until] of ends) {
    it(`[R74] a worker that ends by '${mode}' with reads in flight leaves no descriptor`, async () => {
      await work('natural', file, fifo.path); // what the first worker opens for good is not the next one's
      const before = openDescriptors();
      assert.equal(await work(mode, file, fifo.path, until), expected);
      assert.ok(await collect(() => openDescriptors() <= before), `${openDescriptors()}, not ${before}`);
    });
  }

  it('workers that end while others read disturb nobody', async () => {
    const backend = uringBackend();
    const reader = new Reader(backend, file);
    let ended = false;
    const workers = Promise.all(
      ['terminate', 'natural', 'exit', 'busy', 'terminate', 'natural'].map((mode) =>
        work(mode, file, fifo.path, ['terminate', 'busy'].includes(mode) ? 'started' : undefined),
      ),
    ).finally(() => (ended = true));
    const buffer = Buffer.alloc(4096);
    let reads = 0;
    for (; !ended; reads++) {
      const position = (reads * 4096) % SIZE;
      assert.deepEqual(await reader.read(buffer, position).ended, { errorCode: 0, numBytes: 4096 });
      if (reads % 64 === 0) assert.deepEqual(buffer, pattern(position, 4096));
    }
    assert.deepEqual(await workers, [1, 0, 7, 1, 1, 0]);
    assert.ok(reads > 0);
    await closeHandle(reader.handle);
    await backend.close();
  });

  it('two rings on one thread are independent', async () => {
    const backends: [Backend, Backend] = [uringBackend(), uringBackend()];
    const [waiting, reading] = [new Reader(backends[0], fifo.path), new Reader(backends[1], file)];
    const { ended } = waiting.read(new Uint8Array(4));
    const buffer = Buffer.alloc(64);
    assert.deepEqual(await reading.read(buffer, 1000).ended, { errorCode: 0, numBytes: 64 });
    assert.deepEqual(buffer, pattern(1000, 64));
    await closeHandle(reading.handle);
    await backends[1].close();
    await fifo.write(Buffer.from('1234'));
    assert.deepEqual(await ended, { errorCode: 0, numBytes: 4 });
    await closeHandle(waiting.handle);
    await backends[0].close();
  });

  const processes: [mode: string, code: number, stderr: RegExp][] = [
    ['exit', 7, /^$/],
    ['throw', 1, /thrown with reads in flight/],
    ['natural', 0, /^$/],
    ['callback-throw', 1, /thrown by a callback/],
  ];
  for (const [mode, expected, message] of processes) {
    it(`[R74] a process that ends by '${mode}' with reads in flight ends at once`, async () => {
      const { code, signal, stderr } = await run('in-flight', [mode, file, fifo.path]);
      assert.match(stderr, message);
      assert.deepEqual({ code, signal }, { code: expected, signal: null });
    });
  }

  it('[R74] a process that exits while second threads copy for it and its worker ends at once', async () => {
    for (let i = 0; i < 5; i++) {
      const { code, signal, stderr } = await run('exit-while-copying', [file]);
      assert.deepEqual({ code, signal, stderr }, { code: 7, signal: null, stderr: '' });
    }
  });

  it('[R23] a callback that throws loses no other completion', async () => {
    const { code, stdout, stderr } = await run('in-flight', ['handled-throw', file, fifo.path]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'uncaught 3\nended 64\n', stderr: '' });
  });
});
