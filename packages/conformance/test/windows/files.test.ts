/** Opening and reading as Windows does it: long paths, UTF-16 names, hints, the helper thread, handles. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { open } from '@overlapped/core';
import { Fixtures, pattern } from '@overlapped/conformance';
import { type Backend, counter, describeOnWindows, makeBackend } from './port.js';

const SIZE = 100_000;

describeOnWindows('completion port: files', (addon) => {
  const fixtures = new Fixtures();
  let backend: Backend;

  before(() => (backend = makeBackend(addon, { asyncBytes: 16_384 })));
  after(async () => {
    await backend.close();
    fixtures.dispose();
  });

  async function check(file: string, options: { direct?: boolean } = {}): Promise<void> {
    await using opened = await open(file, { ...options, backend });
    assert.deepEqual(await opened.readFile(), pattern(0, SIZE));
  }

  it('paths of more than 260 characters are opened', async () => {
    const folder = path.join(fixtures.path('deep'), ...Array.from({ length: 30 }, () => 'a-long-name'));
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'file');
    assert.ok(file.length > 260);
    fs.writeFileSync(file, pattern(0, SIZE));
    await check(file);
  });

  it('names are UTF-16, beyond the basic plane as well', async () => {
    const file = fixtures.path('prüfung-试验-🗂');
    fs.writeFileSync(file, pattern(0, SIZE));
    await check(file);
  });

  it('relative paths, and forward slashes, are resolved as node:fs resolves them', async () => {
    const file = fixtures.file(SIZE);
    await check(path.relative(process.cwd(), file));
    await check(file.replaceAll('\\', '/'));
  });

  it('[R76] large reads are issued by the helper thread, and end like any other', async () => {
    const before = counter(backend, 'offloaded');
    await using file = await open(fixtures.file(SIZE), { backend });
    const reads = Array.from({ length: 32 }, async (_, i) => {
      const buffer = Buffer.alloc(16_384);
      const bytesRead = await file.readAt(buffer, i * 1000);
      assert.deepEqual(buffer.subarray(0, bytesRead), pattern(i * 1000, bytesRead));
    });
    await Promise.all(reads);
    assert.equal(counter(backend, 'offloaded') - before, 32);
    assert.equal(await file.readAt(Buffer.alloc(16_384), SIZE), 0);
  });

  for (const access of ['normal', 'random', 'sequential'] as const) {
    it(`the hint '${access}' changes no byte`, async () => {
      await using file = await open(fixtures.file(SIZE), { backend, access });
      assert.deepEqual(await file.readFile(), pattern(0, SIZE));
    });
  }

  it('files without a place in the cache (NO_BUFFERING) are read', async () => {
    await check(fixtures.file(SIZE), { direct: true });
  });

  it("stat is node:fs's", async () => {
    const name = fixtures.file(SIZE);
    await using file = await open(name, { backend });
    const ours = await file.stat();
    const theirs = fs.statSync(name);
    assert.ok(ours instanceof fs.Stats);
    assert.equal(ours.isFile(), true);
    for (const field of [
      'dev',
      'ino',
      'mode',
      'nlink',
      'size',
      'blksize',
      'mtimeMs',
      'birthtimeMs',
    ] as const) {
      assert.equal(ours[field], theirs[field], field);
    }
    assert.deepEqual(ours.mtime, theirs.mtime);
  });

  it('stat is of the handle, also when the file has another name by then', async () => {
    const name = fixtures.file(SIZE);
    await using file = await open(name, { backend });
    fs.renameSync(name, `${name}-renamed`);
    const { size, mtimeMs } = await file.stat();
    assert.deepEqual({ size, mtimeMs }, { size: SIZE, mtimeMs: fs.statSync(`${name}-renamed`).mtimeMs });
  });

  it("fd is a number of its own, which node:fs does not take for one of its descriptors'", async () => {
    await using one = await open(fixtures.file(1), { backend });
    await using two = await open(fixtures.file(1), { backend });
    assert.notEqual(one.fd, two.fd);
    assert.throws(() => fs.fstatSync(one.fd), { code: 'EBADF' });
  });
});
