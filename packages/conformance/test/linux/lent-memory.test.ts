/** Lent memory that is read into often is pinned once, and named to the kernel by its place in a table. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Fixtures, skipUnless } from '@overlapped/conformance';
import { describeUring, run } from './support.js';

const FILE_BYTES = 4 << 20;
const CAP_IPC_LOCK = 1n << 14n;

/** Whether the system lets this process pin without counting: then the limit says nothing. */
function isUncounted(): boolean {
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const hasOwnUsers = !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  return (BigInt(`0x${effective}`) & CAP_IPC_LOCK) !== 0n && !hasOwnUsers;
}

/** Runs a program with so much memory that it may lock, which the system counts. */
function limited(bytes: number): string[] {
  const counted = isUncounted() ? ['setpriv', '--bounding-set', '-ipc_lock'] : [];
  return ['prlimit', `--memlock=${bytes}:${bytes}`, ...counted];
}

function works([command = '', ...rest]: readonly string[]): boolean {
  return spawnSync(command, [...rest, 'true']).status === 0;
}

interface Printed {
  readonly used: { buffers: number; bufferBytes: number; pinned: number };
  readonly dropped: { buffers: number; pinned: number };
}

describeUring('io_uring: lent memory', () => {
  const fixtures = new Fixtures();
  let file: string;
  before(() => (file = fixtures.file(FILE_BYTES)));
  after(() => fixtures.dispose());

  async function print(lentBytes: number, launcher: readonly string[]): Promise<Printed> {
    const { stdout, stderr, code } = await run('lent-memory', [file, String(lentBytes)], {
      launcher,
      nodeArguments: ['--expose-gc'],
    });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Printed;
  }

  function checkPinned({ used, dropped }: Printed, lentBytes: number): void {
    assert.deepEqual([used.buffers, used.bufferBytes], [1, lentBytes]);
    // By one ring, or by the second thread's too.
    assert([lentBytes, 2 * lentBytes].includes(used.pinned), `${used.pinned} bytes`);
    assert.deepEqual(dropped, { buffers: 0, pinned: 0 });
  }

  it('is pinned while it is used, where the system does not count it, and every read comes right', async function () {
    skipUnless(this, isUncounted(), 'the system counts what this user pins');
    checkPinned(await print(1 << 20, []), 1 << 20);
  });

  // A process takes one part in 32 of the limit, and each region is pinned by two rings.
  const LIMIT = 8 << 20;
  const LESS = 'this user may lock less than 8 MiB';
  it('is pinned up to a share of the limit where it is counted', async function () {
    skipUnless(this, works(limited(LIMIT)), LESS);
    checkPinned(await print(LIMIT / 64, limited(LIMIT)), LIMIT / 64);
  });

  it('is not pinned beyond that, and every read comes right', async function () {
    skipUnless(this, works(limited(LIMIT)), LESS);
    const { used, dropped } = await print(LIMIT / 32, limited(LIMIT));
    assert.deepEqual(used, { buffers: 0, bufferBytes: 0, pinned: 0 });
    assert.deepEqual(dropped, { buffers: 0, pinned: 0 });
  });
});
