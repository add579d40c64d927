/** The tree hasher gives node:crypto's hashes of every file, in the order of their bytes, however many threads. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Fixtures, pattern, skipUnless } from '@overlapped/conformance';
import { formatHashes, hashTree } from '../hash-tree.js';
import { runExample } from './program.js';

const FILES: Readonly<Record<string, number>> = {
  'B.bin': 300_000,
  'a/1': 0,
  'a/2': 1,
  'a.txt': 65_537,
  'a/b/c/deep': 2_000_000,
  ünïcode: 7,
};

describe('examples: tree hasher', () => {
  const fixtures = new Fixtures();
  let folder: string;
  let expected: [string, string][];
  before(() => {
    folder = fixtures.path('tree');
    const names = Object.keys(FILES).concat(Array.from({ length: 30 }, (_, i) => `many/${i}`));
    for (const name of names) {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, pattern(name.length, FILES[name] ?? 1000));
    }
    names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expected = names.map((name) => [
      name,
      createHash('sha256')
        .update(fs.readFileSync(path.join(folder, name)))
        .digest('hex'),
    ]);
  });
  after(() => fixtures.dispose());

  for (const threads of [1, 3]) {
    it(`hashes every file, with ${threads} threads`, async () => {
      let told: [number, number] | undefined;
      const onProgress = (bytes: number, total: number): void => void (told = [bytes, total]);
      assert.deepEqual([...(await hashTree(folder, { threads, onProgress }))], expected);
      const total = Object.values(FILES).reduce((sum, size) => sum + size, 30_000);
      assert.deepEqual(told, [total, total]);
    });
  }

  it('follows no links', async function () {
    skipUnless(this, process.platform !== 'win32', 'links need rights there');
    const loop = fixtures.path('loop');
    fs.mkdirSync(loop);
    fs.symlinkSync(loop, path.join(loop, 'self'));
    fs.symlinkSync(path.join(folder, 'B.bin'), path.join(loop, 'file'));
    assert.deepEqual([...(await hashTree(loop))], []);
  });

  it('fails with the error of a file that can’t be read, and of a folder that is none', async function () {
    await assert.rejects(hashTree(fixtures.path()), { code: 'ENOENT' });
    skipUnless(this, process.platform === 'linux', 'the generator is /proc/self/mem');
    await assert.rejects(hashTree('/proc/self/map_files/none'), { code: 'ENOENT' });
  });

  it('runs as a program: a line for each file, and one for all', () => {
    const { status, stdout, stderr } = runExample('hash-tree', [folder]);
    assert.deepEqual([status, stderr], [0, '']);
    const lines = formatHashes(new Map(expected));
    const all = createHash('sha256').update(lines).digest('hex');
    assert.equal(stdout, `${lines}${all}  all ${expected.length} files\n`);
  });
});
