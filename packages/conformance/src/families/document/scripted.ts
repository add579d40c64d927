/**
 * Outcomes of ReadFile that this system may never show: the backend's answer is replaced, the document layer is the
 * real one. Without these the article's own `Done.` path would run on real Windows only.
 */
import assert from 'node:assert/strict';
import type { Backend } from '@overlapped/core/backend';
import { getLastError, Overlapped, readFile, type SafeFileHandle } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { interpose } from '../../interpose.js';
import { nextTurn, read, withFile } from './reads.js';
import { isEndOfFile } from './tally.js';

const SIZE = 4096;

/** Synchronous failures and what they mean. No callback comes after any of them. */
const SYNCHRONOUS: readonly (readonly [string, number, string, boolean])[] = [
  ['R51', 38, 'the end of the file', true],
  ['R52', 109, 'the end of a pipe', true],
  ['R52', 233, 'the end of a pipe that was disconnected', true],
  ['R54', 1117, 'a device error', false],
  ['R54', 87, 'an invalid parameter', false],
  ['R77', 1450, 'too few resources, to be tried again', false],
];

/** A backend whose next `issue` gives `answers` in turn, then the real one's. */
function answering(context: ConformanceContext, answers: (number | ((real: Backend) => number))[]): Backend {
  const real = context.createBackend();
  return interpose(real, {
    issue: (request) => {
      const answer = answers.shift();
      if (typeof answer === 'number') return answer;
      const outcome = real.issue(request);
      return answer === undefined ? outcome : answer(real);
    },
  });
}

export function scripted(context: ConformanceContext): void {
  it('[R20] [R49] after TRUE the last error means nothing, and the callback still comes, once and later', async () => {
    const backend = answering(context, [() => 0]);
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        let calls = 0;
        const ended = new Promise<number>((resolve) => {
          const buffer = Buffer.alloc(16);
          const overlapped = new Overlapped().pack((_error, numBytes, completed) => {
            calls++;
            Overlapped.free(completed);
            resolve(numBytes);
          }, buffer);
          const before = getLastError();
          assert.equal(readFile(handle, buffer, 16, null, overlapped), true);
          assert.equal(getLastError(), before);
          assert.equal(calls, 0);
          assert.throws(() => Overlapped.free(overlapped), { code: 'ERR_INVALID_STATE' });
        });
        assert.equal(await ended, 16);
        await nextTurn();
        assert.equal(calls, 1);
      },
      backend,
    );
  });

  for (const [id, error, what, eof] of SYNCHRONOUS) {
    it(`[${id}] [R34] FALSE and ${error}, ${what}: no callback, the issuer frees, and the handle reads on`, async () => {
      const backend = answering(context, [error]);
      await withFile(
        context,
        context.fixtures.file(SIZE),
        async (handle) => {
          const refused = await read(context, handle, Buffer.alloc(16));
          assert.deepEqual([refused.called, refused.lastError], [false, error]);
          assert.equal(isEndOfFile(refused), eof);
          const next = await read(context, handle, Buffer.alloc(16));
          assert.deepEqual([next.errorCode, next.numBytes], [0, 16]);
        },
        backend,
      );
    });
  }

  it('[R34] [R51] after a synchronous failure the same overlapped can be issued again, or freed once', async () => {
    const backend = answering(context, [38, 38]);
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        const buffer = Buffer.alloc(16);
        const attempt = (overlapped: ReturnType<Overlapped['pack']>): number =>
          readFile(handle, buffer, 16, null, overlapped) ? 0 : getLastError();
        const numBytes = await new Promise((resolve) => {
          const overlapped = new Overlapped().pack((_error, bytes, completed) => {
            Overlapped.free(completed);
            resolve(bytes);
          });
          assert.equal(attempt(overlapped), 38);
          assert.equal(attempt(overlapped), 38);
          attempt(overlapped);
        });
        assert.equal(numBytes, 16);
      },
      backend,
    );
  });

  it('[R54] [R70] a backend that throws from issue leaves the overlapped free-able and the handle close-able', async () => {
    const real = context.createBackend();
    const backend = interpose(real, {
      issue: () => {
        throw new Error('broken backend');
      },
    });
    const issueAndFree = (handle: SafeFileHandle): void => {
      const overlapped = new Overlapped().pack(() => assert.fail('no callback'));
      const issue = (): boolean => readFile(handle, Buffer.alloc(16), 16, null, overlapped);
      assert.throws(issue, { message: 'broken backend' });
      Overlapped.free(overlapped);
    };
    await withFile(context, context.fixtures.file(SIZE), issueAndFree, backend);
  });
}
