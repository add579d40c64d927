/** What can't be opened or read, and paths in every form (R3-R5, R60). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { assertPattern, type FileSubject, readAt, sentinels } from './subject.js';

interface Unopenable {
  readonly what: string;
  readonly path: (subject: FileSubject) => unknown;
  /** More than one where systems lawfully differ. */
  readonly codes: readonly string[];
}

const SYSTEM_REFUSES: readonly Unopenable[] = [
  { what: '[R4] a missing file', path: ({ fixtures }) => fixtures.path(), codes: ['ENOENT'] },
  { what: '[R4] a missing folder', path: ({ fixtures }) => `${fixtures.path()}/file`, codes: ['ENOENT'] },
  { what: '[R4] an empty path', path: () => '', codes: ['ENOENT'] },
  {
    what: '[R4] a file used as a folder',
    path: ({ fixtures }) => `${fixtures.file(1)}/file`,
    codes: ['ENOTDIR', 'ENOENT'],
  },
  {
    what: 'a name of 300 characters',
    path: ({ fixtures }) => fixtures.path('x'.repeat(300)),
    codes: ['ENAMETOOLONG', 'ENOENT'],
  },
];

const ARGUMENTS_REFUSED: readonly Unopenable[] = [
  { what: 'a path with a null byte', path: () => 'a\0b', codes: ['ERR_INVALID_ARG_VALUE'] },
  { what: 'a Buffer with a null byte', path: () => Buffer.from('a\0b'), codes: ['ERR_INVALID_ARG_VALUE'] },
  { what: 'a number', path: () => 5, codes: ['ERR_INVALID_ARG_TYPE'] },
  { what: 'null', path: () => null, codes: ['ERR_INVALID_ARG_TYPE'] },
  { what: 'undefined', path: () => undefined, codes: ['ERR_INVALID_ARG_TYPE'] },
  { what: 'an object', path: () => ({}), codes: ['ERR_INVALID_ARG_TYPE'] },
  {
    what: 'an https: URL',
    path: () => new URL('https://example.com/file'),
    codes: ['ERR_INVALID_URL_SCHEME', 'ERR_INVALID_ARG_VALUE'],
  },
];

async function assertUnopenable(
  subject: FileSubject,
  { what, path, codes }: Unopenable,
): Promise<NodeJS.ErrnoException> {
  const opening = subject.open(path(subject) as string); // must reject, not throw
  const error = await opening.then(
    async (file) => {
      await file.close();
      return assert.fail(`${what} was opened`);
    },
    (reason: unknown) => reason as NodeJS.ErrnoException,
  );
  assert(codes.includes(error.code ?? ''), `${error.code}: ${error.message}`);
  return error;
}

export function errors(subject: FileSubject): void {
  for (const row of SYSTEM_REFUSES) {
    it(`[R3] ${row.what}: ${row.codes.join(' or ')}, with errno, syscall and path`, async () => {
      const error = await assertUnopenable(subject, row);
      assert.equal(error.syscall, 'open');
      assert.equal(typeof error.errno, 'number');
      assert.equal(typeof error.path, 'string');
      assert(error.message.startsWith(`${error.code}: `), error.message);
    });
  }

  for (const row of ARGUMENTS_REFUSED) {
    it(`[R60] opening ${row.what}: ${row.codes.join(' or ')}`, async () => {
      await assertUnopenable(subject, row);
    });
  }

  it('[R5] a folder: EISDIR at open (FileHandle: at the first read)', async () => {
    const folder = subject.fixtures.path('folder');
    fs.mkdirSync(folder);
    if (subject.isFileHandle !== true) {
      await assert.rejects(subject.open(folder), { code: 'EISDIR', syscall: 'open', path: folder });
      return;
    }
    await using file = await subject.open(folder);
    await assert.rejects(readAt(file, Buffer.alloc(1), 0), { code: 'EISDIR' });
  });

  it('[R3] a file that may not be read: EACCES', async function () {
    subject.needs(this, process.platform !== 'win32', 'modes do not deny reading there');
    const path = subject.fixtures.file(10);
    fs.chmodSync(path, 0);
    // Root may read everything, so the test steps down for the moment of opening.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await assert.rejects(subject.open(path), { code: 'EACCES', syscall: 'open', path });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('[R3] a device error is EIO with syscall read, and other files are read on', async function () {
    const device = '/proc/self/mem'; // at 0 nothing is mapped
    subject.needs(this, fs.existsSync(device), `there is no ${device}`);
    await using broken = await subject.open(device);
    await using sound = await subject.open(subject.fixtures.file(100));
    const failing = assert.rejects(readAt(broken, Buffer.alloc(16), 0), { code: 'EIO', syscall: 'read' });
    const buffer = sentinels(100);
    assert.equal(await readAt(sound, buffer, 0), 100);
    await failing;
    await assert.rejects(readAt(broken, Buffer.alloc(16), 0), { code: 'EIO' }, 'and once more');
  });

  const names = ['plain', 'with space', 'ünïcödé', '文件', 'emoji-📄', 'percent-%41'];
  for (const name of names) {
    it(`a path as string, Buffer and URL: ${name}`, async () => {
      const path = subject.fixtures.path(name);
      fs.copyFileSync(subject.fixtures.file(100), path);
      for (const form of [path, Buffer.from(path), pathToFileURL(path)]) {
        await using file = await subject.open(form);
        const buffer = sentinels(100);
        assert.equal(await readAt(file, buffer, 0), 100);
        assertPattern(buffer, 0, 100);
      }
    });
  }

  for (const target of ['text', 5, true]) {
    it(`[R60] reading into ${JSON.stringify(target)}: ERR_INVALID_ARG_TYPE, by rejection`, async () => {
      await using file = await subject.open(subject.fixtures.file(100));
      await assert.rejects(file.read(target as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(file.readv(target as never), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /"buffers"/,
      });
      await assert.rejects(file.readv([target] as never), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /buffers/,
      });
      if (file.readAt === undefined) return;
      await assert.rejects(file.readAt(target as never, 0), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /"buffer"/,
      });
    });
  }
}
