/** The article's program prints the article's transcripts, on every backend (docs/contract.md, "Transcripts"). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describeBackends } from '@overlapped/core';
import { type Backend, NodeFsBackend, systemError } from '@overlapped/core/backend';
import { Fixtures, interpose, pattern, skipUnless } from '@overlapped/conformance';
import { bindHandleProgram } from '../bind-handle.js';

const BUFFER = 0x8000;
/** File size and the article's lines for its data. */
const FILES: readonly (readonly [string, number, readonly number[]])[] = [
  ['100,000 bytes', 100_000, [BUFFER, BUFFER, BUFFER, 1696]],
  ['an empty file', 0, []],
  ['one buffer exactly', BUFFER, [BUFFER]],
  ['three buffers exactly', 3 * BUFFER, [BUFFER, BUFFER, BUFFER]],
  ['one byte more than a buffer', BUFFER + 1, [BUFFER, 1]],
];
const SYNCHRONOUS_END = ['Done.'];
const END_IN_CALLBACK = ['End of file in callback.', 'Read 0 bytes.'];

interface Run {
  readonly lines: string[];
  readonly bytes: Buffer;
}

async function run(file: string, backend: string | Backend): Promise<Run> {
  const lines: string[] = [];
  const chunks: Buffer[] = [];
  const sink = (bytes: Buffer): number => chunks.push(bytes);
  await bindHandleProgram(file, (line) => lines.push(line), { backend, sink });
  return { lines, bytes: Buffer.concat(chunks) };
}

/** The data lines, then one of the two ends that the contract allows. */
function assertTranscript(lines: readonly string[], sizes: readonly number[]): void {
  const data = sizes.map((size) => `Read ${size} bytes.`);
  const end = lines[data.length] === SYNCHRONOUS_END[0] ? SYNCHRONOUS_END : END_IN_CALLBACK;
  assert.deepEqual(lines, [...data, ...end]);
}

/** Lines of the program as a process of its own. */
function spawned(
  args: readonly string[],
  backend: string,
): { status: number | null; stdout: string; stderr: string } {
  const program = path.join(__dirname, '..', 'bind-handle.js');
  const env = { ...process.env, OVERLAPPED_BACKEND: backend };
  return spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
}

describe("examples: the article's program", () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  for (const name of ['io_uring', 'iocp', 'node-fs']) {
    describe(`backend ${name}`, () => {
      beforeEach(function () {
        const known = describeBackends().candidates.find((candidate) => candidate.name === name);
        if (known !== undefined && known.status !== 'refused' && known.code !== 'other-platform') return;
        (this.currentTest as Mocha.Test).title +=
          ` (skipped: ${name}: ${known?.message ?? 'there is none here'})`;
        this.skip();
      });

      for (const [what, size, reads] of FILES) {
        it(`[R19] reads ${what} with the article's lines, byte for byte`, async () => {
          const { lines, bytes } = await run(fixtures.file(size), name);
          assertTranscript(lines, reads);
          assert.ok(bytes.equals(pattern(0, size)));
        });
      }

      it('[R17] [R18] prints an error that comes with no bytes, which the article never would [S4]', async function () {
        skipUnless(this, process.platform === 'linux', 'the generator is /proc/self/mem');
        const { lines } = await run('/proc/self/mem', name);
        assert.deepEqual(lines, ['Error 1117 when reading file.']);
      });

      it('prints the same from a process of its own, which ends by itself', () => {
        const { status, stdout } = spawned([fixtures.file(100_000)], name);
        assert.equal(status, 0);
        assertTranscript(stdout.trimEnd().split('\n'), [BUFFER, BUFFER, BUFFER, 1696]);
      });

      it('[R3] [R4] fails loudly for a missing file', () => {
        const { status, stdout, stderr } = spawned([fixtures.path()], name);
        assert.deepEqual([status, stdout], [1, '']);
        assert.match(stderr, /ENOENT/);
      });
    });
  }

  it('[R51] prints "Done." where the end of the file comes from the call itself', async () => {
    const real = new NodeFsBackend();
    const atEnd = (position: number): boolean => position >= 100_000;
    const backend = interpose(real, {
      issue: (request) => (atEnd(request.offsetLow) ? 38 : real.issue(request)),
    });
    const { lines } = await run(fixtures.file(100_000), backend);
    assert.deepEqual(lines.slice(-2), ['Read 1696 bytes.', 'Done.']);
    assert.equal(lines.length, 5);
  });

  it('[R54] prints the last error of a read that fails in the call', async () => {
    const backend = interpose(new NodeFsBackend(), { issue: () => 1117 });
    const { lines } = await run(fixtures.file(1), backend);
    assert.deepEqual(lines, ['Failed to read file. LastError is 1117']);
  });

  it('[R13] says that it could not bind, and closes the file [S3]', async () => {
    const real = new NodeFsBackend();
    let closed = 0;
    const backend = interpose(real, {
      bind: () => {
        throw systemError({ syscall: 'bind', win32: 87 });
      },
      closeFile: (file) => {
        closed++;
        return real.closeFile(file);
      },
    });
    const lines: string[] = [];
    const program = bindHandleProgram(fixtures.file(1), (line) => lines.push(line), { backend });
    await assert.rejects(program, { code: 'EINVAL' });
    assert.deepEqual([lines, closed], [['Fail to BindHandle to threadpool.'], 1]);
  });

  it('says how it is used', () => {
    const { status, stderr } = spawned([], 'node-fs');
    assert.equal(status, 2);
    assert.match(stderr, /^usage:/);
  });
});
