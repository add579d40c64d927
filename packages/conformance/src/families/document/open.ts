/** CreateFile: what opening does, and what it refuses (R1-R7). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { OverlappedError } from '@overlapped/core/backend';
import { closeHandle, createFile } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { read, withFile } from './reads.js';

const SIZE = 4096;

/** One argument at a time differs from the article's; nothing is opened. */
const OTHER_ARGUMENTS: readonly (readonly [string, unknown[], string])[] = [
  ['another access', [0x1000_0000], 'ERR_INVALID_ARG_VALUE'],
  ['a narrower share mode', [0x8000_0000, 1], 'ERR_INVALID_ARG_VALUE'],
  ['security attributes', [0x8000_0000, 7, {}], 'ERR_INVALID_ARG_TYPE'],
  ['CREATE_ALWAYS', [0x8000_0000, 7, null, 2], 'ERR_INVALID_ARG_VALUE'],
  ['an unknown flag', [0x8000_0000, 7, null, 3, 1], 'ERR_INVALID_ARG_VALUE'],
  ['a template', [0x8000_0000, 7, null, 3, 0x4000_0000, {}], 'ERR_INVALID_ARG_TYPE'],
];

/** Paths that can't be opened, made in a fresh folder, and the codes that may say so (R4, R5). */
const REFUSALS: readonly (readonly [string, (folder: string) => string, readonly string[]])[] = [
  ['a missing file', (folder) => path.join(folder, 'missing'), ['ENOENT']],
  ['a missing parent', (folder) => path.join(folder, 'missing', 'file'), ['ENOENT']],
  [
    'a file used as a directory',
    (folder) => {
      fs.writeFileSync(path.join(folder, 'plain'), 'x');
      return path.join(folder, 'plain', 'file');
    },
    ['ENOENT', 'ENOTDIR'],
  ],
  ['a directory', (folder) => folder, ['EISDIR']],
];

function openDescriptors(): number {
  return fs.readdirSync('/proc/self/fd').length;
}

/** Root may open everything, so a test that runs as root steps down for a moment. @returns false if it may not */
function asNobody(body: () => void): boolean {
  if (process.geteuid?.() !== 0) {
    body();
    return true;
  }
  try {
    process.seteuid?.(65_534);
  } catch {
    return false;
  }
  try {
    body();
  } finally {
    process.seteuid?.(0);
  }
  return true;
}

function refusalOf(context: ConformanceContext, file: string): OverlappedError {
  try {
    void closeHandle(context.createFile(file));
  } catch (error) {
    return error as OverlappedError;
  }
  throw new assert.AssertionError({ message: `${file} was opened` });
}

export function openFamily(context: ConformanceContext): void {
  for (const [what, args, code] of OTHER_ARGUMENTS) {
    it(`[R1] CreateFile takes the article's arguments and refuses ${what}`, () => {
      const file = context.fixtures.file(1);
      const call = createFile as (...rest: unknown[]) => unknown;
      assert.throws(() => call(file, ...args), { code });
    });
  }

  it('[R1] [R2] the descriptor is read-only and close-on-exec, and neither created, truncated nor unblocked the file', async function () {
    context.needs(this, process.platform === 'linux', 'reads /proc');
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      const info = fs.readFileSync(`/proc/self/fdinfo/${handle.file.fd}`, 'utf8');
      const flags = parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8);
      const { O_RDONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = fs.constants;
      const closeOnExec = 0o2000000;
      assert.equal(flags & 3, O_RDONLY);
      assert.equal(flags & closeOnExec, closeOnExec);
      assert.equal(flags & (O_CREAT | O_TRUNC | O_NONBLOCK), 0);
    });
  });

  it('[R2] a missing file stays missing, and an opened one keeps its bytes', async () => {
    const missing = context.fixtures.path();
    assert.throws(() => context.createFile(missing), { code: 'ENOENT' });
    assert.equal(fs.existsSync(missing), false);
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, () => undefined);
    assert.deepEqual(fs.readFileSync(file), pattern(0, SIZE));
  });

  it('[R2] while it is open, others read, append to, rename and delete the file, and its reads still see the bytes', async () => {
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, async (handle) => {
      assert.deepEqual(fs.readFileSync(file), pattern(0, SIZE));
      fs.appendFileSync(file, pattern(SIZE, 100));
      fs.renameSync(file, `${file}.renamed`);
      const buffer = Buffer.alloc(SIZE + 100);
      assert.equal((await read(context, handle, buffer)).numBytes, SIZE + 100);
      assert.deepEqual(buffer, pattern(0, SIZE + 100));
      fs.unlinkSync(`${file}.renamed`);
      assert.equal((await read(context, handle, buffer)).numBytes, SIZE + 100);
    });
  });

  for (const [what, make, codes] of REFUSALS) {
    it(`[R3] [R4] [R5] ${what} is refused at open with ${codes.join(' or ')}, the system's number, and the path`, () => {
      const folder = context.fixtures.path('folder');
      fs.mkdirSync(folder);
      const file = make(folder);
      const error = refusalOf(context, file);
      assert.ok(codes.includes(error.code), error.code);
      assert.equal(error.syscall, 'open');
      assert.equal(error.path, file);
      assert.equal(error.backend, context.backend.name);
      assert.ok(error.win32Code > 0);
      assert.ok(error.errno < 0);
      // A directory is our refusal: the system would have opened it (R5).
      if (error.code !== 'EISDIR') assert.ok(error.native !== undefined && error.native.code !== 0);
    });
  }

  it('[R3] a refused open leaves no descriptor behind', function () {
    context.needs(this, process.platform === 'linux', 'counts /proc/self/fd');
    const folder = context.fixtures.path('folder');
    fs.mkdirSync(folder);
    refusalOf(context, folder); // whatever is made at the first use is made
    const before = openDescriptors();
    for (let i = 0; i < 10; i++) {
      for (const [, make] of REFUSALS) refusalOf(context, make(folder));
    }
    assert.equal(openDescriptors(), before);
  });

  it('[R5] a file that may not be read is EACCES: told from a directory', function () {
    context.needs(this, process.platform !== 'win32', 'Windows has no mode bits');
    const file = context.fixtures.file(1);
    fs.chmodSync(path.dirname(file), 0o755);
    fs.chmodSync(file, 0);
    const refused = (): void =>
      assert.throws(() => context.createFile(file), { code: 'EACCES', win32Code: 5 });
    context.needs(this, asNobody(refused), 'root may open everything, and may not become someone else');
  });

  it('[R6] a file that someone holds with a share mode that denies reading is EBUSY', function () {
    context.needs(this, process.platform === 'win32', 'only Windows denies by share mode');
    const file = context.fixtures.file(1);
    const exclusive = 0x1000_0000; // libuv's UV_FS_O_EXLOCK: share mode 0
    const fd = fs.openSync(file, fs.constants.O_RDWR | exclusive);
    try {
      assert.throws(() => context.createFile(file), { code: 'EBUSY', win32Code: 32 });
    } finally {
      fs.closeSync(fd);
    }
  });

  it('[R7] the document layer adopts a character device', async function () {
    context.needs(this, context.capabilities.pipes, 'the backend reads no devices');
    context.needs(this, process.platform !== 'win32', 'there is no /dev/zero');
    await withFile(context, '/dev/zero', async (handle) => {
      assert.equal(handle.file.kind, 'character');
      const buffer = Buffer.alloc(64, 0xee);
      const outcome = await read(context, handle, buffer);
      assert.equal(outcome.errorCode, 0);
      assert.deepEqual(buffer.subarray(0, outcome.numBytes), Buffer.alloc(outcome.numBytes));
      assert.ok(outcome.numBytes > 0);
    });
  });
}
