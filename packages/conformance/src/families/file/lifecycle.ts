/** Files that go away under an open handle, and resources that must come back (R2, R3). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { assertPattern, type FileSubject, readAt, sentinels } from './subject.js';

const SIZE = 1 << 20;

function openDescriptors(): number {
  return fs.readdirSync('/proc/self/fd').length;
}

export function lifecycle(subject: FileSubject): void {
  const departures: readonly (readonly [string, (path: string) => void])[] = [
    ['deleted', (path) => fs.unlinkSync(path)],
    ['renamed', (path) => fs.renameSync(path, `${path}-renamed`)],
    ['replaced', (path) => (fs.writeFileSync(`${path}-new`, 'other'), fs.renameSync(`${path}-new`, path))],
  ];
  for (const [what, depart] of departures) {
    it(`[R2] a file that is ${what} while reads are in flight, and after, is read on`, async function () {
      const replaces = what !== 'replaced' || process.platform !== 'win32';
      subject.needs(this, replaces, 'Windows lets no file be replaced that is open');
      const path = subject.fixtures.file(SIZE);
      await using file = await subject.open(path);
      const buffers = Array.from({ length: 50 }, () => sentinels(4096));
      const reads = buffers.map((buffer, i) => readAt(file, buffer, i * 4096));
      depart(path);
      await Promise.all(reads);
      const after = sentinels(4096);
      await readAt(file, after, 12_345);
      for (const [i, buffer] of buffers.entries()) assertPattern(buffer, i * 4096, 4096);
      assertPattern(after, 12_345, 4096);
    });
  }

  it('[R2] another handle may write while the file is open, and its bytes are read', async () => {
    const path = subject.fixtures.file(100);
    await using file = await subject.open(path);
    fs.writeFileSync(path, 'written by another');
    assert.equal(await file.readFile('utf8'), 'written by another');
  });

  it('[R3] 1,000 times open, read, close: no descriptor stays open', async function () {
    subject.needs(this, process.platform === 'linux', 'descriptors are counted in /proc');
    const path = subject.fixtures.file(100);
    const once = async (): Promise<void> => {
      await using file = await subject.open(path);
      assert.equal(await readAt(file, Buffer.alloc(100), 0), 100);
    };
    await once();
    const before = openDescriptors();
    for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 20 }, once));
    assert.equal(openDescriptors(), before);
  });

  it('[R3] 200 opens that fail leave no descriptor open', async function () {
    subject.needs(this, process.platform === 'linux', 'descriptors are counted in /proc');
    subject.needs(this, subject.isFileHandle !== true, 'FileHandle opens folders');
    const folder = subject.fixtures.path('folder');
    fs.mkdirSync(folder);
    await assert.rejects(subject.open(folder));
    const before = openDescriptors();
    for (let i = 0; i < 200; i++)
      await assert.rejects(subject.open(i % 2 === 0 ? folder : `${folder}/missing`));
    assert.equal(openDescriptors(), before);
  });
}
