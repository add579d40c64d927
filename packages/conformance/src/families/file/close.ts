/** Closing: once, for good, and only when the system has let go (R70). */
import assert from 'node:assert/strict';
import { type CommonFile, type FileSubject, readAt, sentinels } from './subject.js';

const SIZE = 1 << 20;

type Use = (file: CommonFile) => Promise<unknown>;

const USES: readonly (readonly [string, Use, string])[] = [
  ['read', (file) => readAt(file, Buffer.alloc(10), 0), 'read'],
  ['read without a position', (file) => file.read(Buffer.alloc(10)), 'read'],
  ['readv', (file) => file.readv([Buffer.alloc(10)], 0), 'read'],
  ['stat', (file) => file.stat(), 'stat'],
  ['readFile', (file) => file.readFile(), ''],
];

export function close(subject: FileSubject): void {
  for (const [what, use, syscall] of USES) {
    it(`[R60] [R70] ${what} after close is refused: EBADF, 'file closed'`, async () => {
      const file = await subject.open(subject.fixtures.file(100));
      await file.close();
      await assert.rejects(use(file), (error: NodeJS.ErrnoException) => {
        assert.equal(error.code, 'EBADF');
        assert.match(error.message, /file closed/);
        assert.match(error.syscall ?? '', new RegExp(syscall));
        return true;
      });
    });
  }

  it('[R70] close is idempotent, at once and later, and fd is -1 from then on', async () => {
    const file = await subject.open(subject.fixtures.file(100));
    const closes = [file.close(), file.close()];
    assert.equal(file.fd, -1);
    assert.deepEqual(await Promise.all(closes), [undefined, undefined]);
    assert.equal(await file.close(), undefined);
    assert.equal(file.fd, -1);
  });

  it('[R70] [R21] every read pending at close settles: with its bytes, or refused', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const buffers = Array.from({ length: 200 }, () => sentinels(4096));
    const reads = buffers.map((buffer, i) => readAt(file, buffer, i * 4096));
    const [results] = await Promise.all([Promise.allSettled(reads), file.close()]);
    for (const result of results) {
      if (result.status === 'fulfilled') assert.equal(result.value, 4096);
      else assert.match((result.reason as NodeJS.ErrnoException).code ?? '', /^(ECANCELED|EBADF)$/);
    }
  });

  it('[R70] a read in the same job as close, but after it, is refused', async () => {
    const file = await subject.open(subject.fixtures.file(100));
    const closing = file.close();
    await assert.rejects(readAt(file, Buffer.alloc(10), 0), { code: 'EBADF' });
    await closing;
  });

  it('[R79] close is an event, once, in the job of the first call', async () => {
    const file = await subject.open(subject.fixtures.file(100));
    let events = 0;
    file.on('close', () => events++);
    const closing = file.close();
    assert.equal(events, 1);
    await closing;
    await file.close();
    assert.equal(events, 1);
  });

  it('[R70] `await using` closes', async () => {
    let kept: CommonFile;
    {
      await using file = await subject.open(subject.fixtures.file(100));
      kept = file;
      assert(kept.fd >= 0);
    }
    assert.equal(kept.fd, -1);
    await kept[Symbol.asyncDispose]();
  });
}
