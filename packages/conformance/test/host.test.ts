/** What a program meets on this host, be it Node.js or another one, without naming a backend (R83-R85). */
import { describeBackends, open } from '@overlapped/core';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Fixtures, pattern } from '@overlapped/conformance';

const SIZE = 300_000;
const OTHER_HOSTS: Readonly<Record<string, string>> = { bun: 'Bun', deno: 'Deno' };
const other = Object.keys(OTHER_HOSTS).find((key) => process.versions[key] !== undefined);

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const part of parts) copies.push(Buffer.from(part)); // lent memory is used again
  return Buffer.concat(copies);
}

describe('host', () => {
  const fixtures = new Fixtures();
  let path: string;
  before(() => (path = fixtures.file(SIZE)));
  after(() => fixtures.dispose());

  it('[R84] native backends are tried on Node.js only; elsewhere the refusal names the host', async () => {
    const { chosen, candidates } = describeBackends();
    const native = candidates.filter(({ name }) => name !== 'node-fs');
    const tried = native.filter(({ code }) => code !== 'other-platform');
    assert.equal(
      tried.some(({ code }) => code === 'unsupported-host'),
      other !== undefined && tried.length > 0,
    );
    if (other === undefined) return;
    assert.equal(chosen, 'node-fs');
    for (const { name, message, remedy } of tried) {
      assert(message.includes(`${OTHER_HOSTS[other]} ${process.versions[other]}`), message);
      assert.notEqual(remedy, '');
      const named = open(path, { backend: name });
      await assert.rejects(named, { code: 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE', backend: name });
    }
  });

  it('[R83] open() takes the backend of the report, and reads in every form', async () => {
    const file = await open(path);
    assert.equal(file.backend, describeBackends().chosen);
    const whole = pattern(0, SIZE);
    const buffer = Buffer.alloc(1000);
    assert.equal(await file.readAt(buffer, 5000), 1000);
    assert.deepEqual(buffer, pattern(5000, 1000));
    assert.equal((await file.read(buffer, 0, 1000, 6000n)).bytesRead, 1000);
    assert.deepEqual(buffer, pattern(6000, 1000));
    assert.deepEqual(Buffer.from(await file.readExactly(7, 1000)), pattern(7, 1000));
    const ranges = [0, 4096, 100_000].map((position) => ({ position, length: 500 }));
    const parts = await file.readMany(ranges);
    for (const [i, { position }] of ranges.entries()) {
      assert.deepEqual(Buffer.from(parts[i] as Uint8Array), pattern(position, 500));
    }
    assert(whole.equals(await collect(file.chunks())));
    assert(whole.equals(await collect(file.createReadStream({ start: 0, autoClose: false }))));
    assert(whole.equals(await collect(file.readableWebStream())));
    await file.close();
    await assert.rejects(file.readAt(buffer, 0), { code: 'EBADF' });
  });

  it('a worker has a backend of its own', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { open } = require(workerData.core);
      open(workerData.path).then(async (file) => {
        const bytes = await file.readExactly(1234, 5000);
        await file.close();
        parentPort.postMessage({ backend: file.backend, bytes });
      });`;
    const core = require.resolve('@overlapped/core');
    const worker = new Worker(script, { eval: true, workerData: { core, path } });
    const exit = once(worker, 'exit');
    const [message] = (await once(worker, 'message')) as [{ backend: string; bytes: Uint8Array }];
    assert.equal(message.backend, describeBackends().chosen);
    assert.deepEqual(Buffer.from(message.bytes), pattern(1234, 5000));
    assert.deepEqual(await exit, [0]);
  });
});
