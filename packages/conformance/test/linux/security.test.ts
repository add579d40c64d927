/** What SECURITY.md says of rings, descriptors and Node's permission model. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { open } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import { closeHandle } from '@overlapped/core/overlapped';
import { Fixtures, skipUnless } from '@overlapped/conformance';
import { describeUring, Reader, ROOT, run, turn, uringBackend } from './support.js';

const RING = 'anon_inode:[io_uring]';

/** What this process's descriptors are of, by number. */
function descriptors(): Map<string, string> {
  const all = new Map<string, string>();
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      all.set(fd, fs.readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // readdir's own, which is closed again
    }
  }
  return all;
}

/** Node's flags that switch its permission model on, and allow this. */
function permissions(...allowed: string[]): string[] {
  const on = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  return [on, ...allowed];
}

describeUring('io_uring: security', () => {
  const fixtures = new Fixtures();
  let backend: Backend;
  let reader: Reader;
  const fifo = fixtures.fifo();

  before(async () => {
    backend = uringBackend();
    reader = new Reader(backend, fifo.path);
    void reader.read(new Uint8Array(8));
    await turn();
  });
  after(async () => {
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
    fixtures.dispose();
  });

  it('a child process gets neither ring nor eventfd nor an open file', async () => {
    const file = fixtures.file(100);
    await using opened = await open(file, { backend });
    assert.equal(await opened.readAt(new Uint8Array(1), 0), 1);
    const ours = [...descriptors().values()];
    assert.ok([RING, 'anon_inode:[eventfd]', file].every((each) => ours.includes(each)));
    const theirs = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
    assert.doesNotMatch(theirs, /io_uring|eventfd/);
    assert.ok(!theirs.includes(file), theirs);
  });

  it('no ring has a thread in the kernel that polls for it (SQPOLL)', function () {
    const rings = [...descriptors()].filter(([, target]) => target === RING).map(([fd]) => fd);
    assert.ok(rings.length > 0);
    for (const fd of rings) {
      const info = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      skipUnless(this, info.includes('SqThread:'), 'this kernel does not say');
      assert.match(info, /^SqThread:\s+-1$/m);
    }
  });

  const program = path.join(__dirname, 'programs', 'permitted.js');
  const reads = (...names: string[]): string[] => names.map((name) => `--allow-fs-read=${name}`);

  it('[R5] the permission model holds: a file that is not allowed is refused, on io_uring as on node:fs', async () => {
    const [allowed, forbidden] = [fixtures.file(100), fixtures.file(100)];
    for (const [backendName, ...addons] of [['io_uring', '--allow-addons'], ['node-fs']] as const) {
      const { stdout, stderr } = await run(program, [allowed, forbidden], {
        nodeArguments: permissions(...addons, ...reads(`${ROOT}/*`, allowed)),
      });
      assert.deepEqual(stdout.split('\n'), [`${backendName} 100`, 'ERR_ACCESS_DENIED', ''], stderr);
    }
  });
});
