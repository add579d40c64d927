/** `overlapped hash`: node:crypto's hashes, in sha256sum's form, in the order of the arguments. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { Fixtures, skipUnless } from '@overlapped/conformance';
import { overlapped, pipe, text } from './command.js';

const hashOf = (file: string, algorithm = 'sha256'): string =>
  createHash(algorithm).update(fs.readFileSync(file)).digest('hex');

interface Document {
  readonly algorithm: string;
  readonly files: readonly {
    readonly path: string;
    readonly hash?: string;
    readonly bytes?: number;
    readonly error?: { readonly code: string };
  }[];
}

describe('command overlapped hash', () => {
  const fixtures = new Fixtures();
  let files: string[];
  // More than are hashed at once, and the first the longest, so that the others end before it.
  before(
    () => (files = [3_000_000, 0, 1, 262_144, 65_537, 7, 8, 9, 10, 11, 12].map((n) => fixtures.file(n))),
  );
  after(() => fixtures.dispose());

  for (const backend of ['auto', 'node-fs']) {
    it(`prints each file’s SHA-256, in order (--backend ${backend})`, async () => {
      const exit = await overlapped(['hash', ...files, '--backend', backend]);
      assert.deepEqual([exit.code, exit.stderr], [0, '']);
      assert.equal(text(exit), files.map((file) => `${hashOf(file)}  ${file}\n`).join(''));
    });
  }

  it('--algorithm takes any that node:crypto has', async () => {
    const exit = await overlapped(['hash', '--algorithm', 'sha512', files[0] as string]);
    assert.equal(text(exit), `${hashOf(files[0] as string, 'sha512')}  ${files[0]}\n`);
  });

  it('a file that can’t be read costs the exit code, not the other files', async () => {
    const [first, second] = files as [string, string];
    const missing = fixtures.path();
    const args = ['hash', first, missing, __dirname, second];
    const [exit, json] = await Promise.all([overlapped(args), overlapped([...args, '--json'])]);
    assert.deepEqual([exit.code, json.code], [1, 1]);
    assert.equal(text(exit), `${hashOf(first)}  ${first}\n${hashOf(second)}  ${second}\n`);
    const [enoent, eisdir, ...rest] = exit.stderr.split('\n');
    assert.match(enoent as string, /^overlapped: ENOENT: /);
    assert.match(eisdir as string, /^overlapped: EISDIR: /);
    assert.deepEqual(rest, ['']);

    const document = JSON.parse(text(json)) as Document;
    assert.equal(document.algorithm, 'sha256');
    assert.deepEqual(
      document.files.map(({ path, hash, bytes, error }) => [path, hash ?? error?.code, bytes]),
      [
        [first, hashOf(first), 3_000_000],
        [missing, 'ENOENT', undefined],
        [__dirname, 'EISDIR', undefined],
        [second, hashOf(second), 0],
      ],
    );
  });

  it('escapes a name as sha256sum does, which checks the list', async function () {
    skipUnless(this, process.platform === 'linux', 'names and sha256sum are those of Linux');
    const odd = fixtures.path('line\nend\\back');
    fs.writeFileSync(odd, 'content');
    const args = [odd, ...files];
    const exit = await overlapped(['hash', ...args]);
    const { stdout } = await promisify(execFile)('sha256sum', args);
    assert.equal(text(exit), stdout);
  });

  it('hashes standard input', async function () {
    skipUnless(this, process.platform !== 'win32', 'there is no /dev/stdin');
    const [file] = files as [string];
    const exit = await overlapped(['hash', '/dev/stdin'], { launcher: pipe(file) });
    assert.equal(text(exit), `${hashOf(file)}  /dev/stdin\n`);
  });
});
