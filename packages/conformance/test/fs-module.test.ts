/** `@overlapped/core/fs` beside node:fs: the same names, results, events and errors. */
import { OverlappedFile } from '@overlapped/core';
import * as named from '@overlapped/core/fs';
import overlappedFs from '@overlapped/core/fs';
import promisesModule from '@overlapped/core/fs/promises';
import { Fixtures } from '@overlapped/conformance';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import nodeFs from 'node:fs';
import nodePromises from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const SIZE = 150_000;
/** What is ours; all else is the very thing that node:fs has. */
const OURS = ['createReadStream', 'promises', 'readFile'];

type Fs = typeof nodeFs;

/** A value, or the code of what was thrown, at once or later. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  let promise: unknown;
  try {
    promise = call();
  } catch (error) {
    return { throws: (error as NodeJS.ErrnoException).code };
  }
  try {
    return { value: await promise };
  } catch (error) {
    const { code, name, path } = error as NodeJS.ErrnoException;
    return { rejects: code, name, path };
  }
}

/** Bytes and events of a stream; `readable` and `data` come as often as they like. */
async function streamOutcome(make: () => nodeFs.ReadStream): Promise<unknown> {
  return outcomeOf(() => {
    const stream = make();
    const events: string[] = [];
    const parts: Buffer[] = [];
    for (const event of ['open', 'ready', 'end', 'error', 'close'])
      stream.on(event, () => events.push(event));
    stream.on('data', (chunk) => parts.push(Buffer.from(chunk)));
    const { pending, path, bytesRead, destroyed } = stream;
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('close', () => {
        const bytes = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
        resolve({ events, bytes, first: { pending, path, bytesRead, destroyed }, total: stream.bytesRead });
      });
    });
  });
}

describe('fs module: names', () => {
  it('has every name of node:fs, in each form of import, and replaces three of them', () => {
    for (const [name, value] of Object.entries(nodeFs)) {
      for (const module of [overlappedFs, named] as unknown as Record<string, unknown>[]) {
        assert(name in module, name);
        assert.equal(module[name] === value, !OURS.includes(name), name);
      }
    }
    assert.equal(overlappedFs.promises.open, promisesModule.open);
    const replaced = Object.entries(nodePromises).filter(
      ([name, value]) => (promisesModule as unknown as Record<string, unknown>)[name] !== value,
    );
    assert.deepEqual(replaced.map(([name]) => name).sort(), ['open', 'readFile']);
  });
});

for (const backend of ['auto', 'node-fs']) {
  describe(`fs module: OVERLAPPED_BACKEND=${backend}`, () => {
    const fixtures = new Fixtures();
    const before = process.env['OVERLAPPED_BACKEND'];
    let path = '';
    let empty = '';
    let missing = '';
    let descriptor = -1;
    beforeEach(() => {
      process.env['OVERLAPPED_BACKEND'] = backend;
      path = fixtures.file(SIZE);
      empty = fixtures.file(0);
      missing = fixtures.path('missing');
      descriptor = nodeFs.openSync(path, 'r');
    });
    afterEach(() => {
      nodeFs.closeSync(descriptor);
      fixtures.dispose();
      if (before === undefined) delete process.env['OVERLAPPED_BACKEND'];
      else process.env['OVERLAPPED_BACKEND'] = before;
    });

    /** Arguments of readFile before the callback. */
    const READ_FILE: Readonly<Record<string, () => unknown[]>> = {
      'a path': () => [path],
      'a URL': () => [pathToFileURL(path)],
      'a Buffer': () => [Buffer.from(path)],
      'an encoding': () => [path, 'hex'],
      'options with an encoding': () => [path, { encoding: 'latin1' }],
      'options null': () => [path, null],
      'flag r': () => [path, { flag: 'r' }],
      'flag a+': () => [path, { flag: 'a+', encoding: 'hex' }],
      'a missing file': () => [missing],
      'no such encoding': () => [path, 'no-such'],
      'options 5': () => [path, 5],
      'a path with a null byte': () => ['a\0b'],
      'a path 5.5': () => [5.5],
      'a URL that is no file': () => [new URL('http://localhost/')],
      'a signal that has fired': () => [path, { signal: AbortSignal.abort() }],
      'no signal': () => [path, { signal: 5 }],
    };
    for (const [what, argumentsOf] of Object.entries(READ_FILE)) {
      it(`readFile of ${what}: as node:fs, by callback and by promise`, async () => {
        const calls: ((fs: Fs) => unknown)[] = [
          (fs) => promisify(fs.readFile)(...(argumentsOf() as [string])),
          (fs) => fs.promises.readFile(...(argumentsOf() as [string])),
        ];
        for (const call of calls) {
          const ours = await outcomeOf(() => call(overlappedFs as unknown as Fs));
          assert.deepEqual(ours, await outcomeOf(() => call(nodeFs)));
        }
      });
    }

    it('readFile of a descriptor, a FileHandle and an OverlappedFile', async () => {
      const whole = nodeFs.readFileSync(path);
      assert.deepEqual(await promisify(overlappedFs.readFile)(descriptor), whole);
      await using handle = await nodePromises.open(path);
      assert.deepEqual(await overlappedFs.promises.readFile(handle), whole);
      await using file = await overlappedFs.promises.open(path);
      assert.deepEqual(await overlappedFs.promises.readFile(file as never), whole);
    });

    it('readFile without a callback throws', () => {
      assert.throws(() => (overlappedFs.readFile as unknown as (path: string) => void)(path), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    });

    /** Arguments of createReadStream. */
    const STREAMS: Readonly<Record<string, () => unknown[]>> = {
      'a path': () => [path],
      'a URL': () => [pathToFileURL(path)],
      'a Buffer': () => [Buffer.from(path)],
      'an encoding': () => [path, 'latin1'],
      'a range': () => [path, { start: 100, end: 70_000 }],
      'one byte': () => [path, { start: 0, end: 0 }],
      'an end alone': () => [path, { end: 99 }],
      'a start at the end': () => [path, { start: SIZE }],
      'a small highWaterMark': () => [path, { highWaterMark: 1000, end: 9999 }],
      'flags r': () => [path, { flags: 'r' }],
      'flags r+': () => [path, { flags: 'r+' }],
      'an empty file': () => [empty],
      'a descriptor': () => ['', { fd: nodeFs.openSync(path, 'r'), start: 10 }],
      'a signal': () => [path, { signal: new AbortController().signal }],
      'a missing file': () => [missing],
      'start after end': () => [path, { start: 2, end: 1 }],
      'start -1': () => [path, { start: -1 }],
      'end NaN': () => [path, { end: NaN }],
      'start 1.5': () => [path, { start: 1.5 }],
      'highWaterMark -1': () => [path, { highWaterMark: -1 }],
      'no such encoding': () => [path, 'no-such'],
      'no such signal': () => [path, { signal: 5 }],
      'fd -1': () => [path, { fd: -1 }],
      'fd x': () => [path, { fd: 'x' }],
      'options 5': () => [path, 5],
      'a path with a null byte': () => ['a\0b'],
      'no path': () => [],
    };
    for (const [what, argumentsOf] of Object.entries(STREAMS)) {
      it(`createReadStream of ${what}: node:fs's bytes, events and errors`, async () => {
        const of = (fs: Fs): Promise<unknown> =>
          streamOutcome(() => fs.createReadStream(...(argumentsOf() as [string])));
        const [ours, theirs] = [await of(overlappedFs as unknown as Fs), await of(nodeFs)];
        assert.deepEqual(ours, theirs);
      });
    }

    it('createReadStream with a signal that has fired: an AbortError, and no file is opened', async () => {
      const stream = overlappedFs.createReadStream(path, { signal: AbortSignal.abort() });
      stream.on('open', () => assert.fail('it was opened'));
      await assert.rejects(stream.toArray(), { name: 'AbortError' });
    });

    it('createReadStream of an OverlappedFile, with what only ours takes', async () => {
      const file = await overlappedFs.promises.open(path);
      const stream = overlappedFs.createReadStream('', { fd: file, start: 5n, depth: 2 });
      const bytes = Buffer.concat((await stream.toArray()) as Buffer[]);
      assert(bytes.equals(nodeFs.readFileSync(path).subarray(5)));
      if (!stream.closed) await once(stream, 'close');
      assert.equal(file.fd, -1);
    });

    it('a stream that is destroyed while it opens, or as soon as it has, closes its file', async () => {
      const early = overlappedFs.createReadStream(path, { autoClose: false });
      early.destroy();
      await once(early, 'close');
      const late = overlappedFs.createReadStream(path, { autoClose: false });
      await once(late, 'open');
      const { file } = late as unknown as { file: OverlappedFile };
      assert(file.fd >= 0);
      late.destroy();
      await once(late, 'close');
      assert.equal(file.fd, -1);
    });

    it('promises.open gives an OverlappedFile for reading, and node:fs’s FileHandle for all else', async () => {
      const { O_RDONLY, O_RDWR } = nodeFs.constants;
      for (const flags of [undefined, 'r', O_RDONLY]) {
        await using file = await overlappedFs.promises.open(path, flags);
        assert(file instanceof OverlappedFile, String(flags));
        assert.equal((await file.readFile()).byteLength, SIZE);
      }
      for (const flags of ['r+', 'a', O_RDWR]) {
        await using handle = await overlappedFs.promises.open(path, flags);
        assert(!(handle instanceof OverlappedFile), String(flags));
      }
      await assert.rejects(overlappedFs.promises.open(missing), { code: 'ENOENT', syscall: 'open' });
      await assert.rejects(overlappedFs.promises.open(path, 'no-such'), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    it('promises.open of a directory gives what node:fs gives', async () => {
      const directory = process.cwd();
      const open = (fs: typeof nodePromises): Promise<unknown> =>
        outcomeOf(async () => {
          await using handle = await fs.open(directory);
          return (await handle.stat()).isDirectory();
        });
      assert.deepEqual(await open(promisesModule as never), await open(nodePromises));
    });

    it('streamOperations serve node:fs’s own stream, with and without a start', async () => {
      const whole = nodeFs.readFileSync(path);
      for (const options of [{}, { start: 10, end: 70_000 }]) {
        const stream = nodeFs.createReadStream(path, { ...options, fs: named.streamOperations });
        const bytes = Buffer.concat((await stream.toArray()) as Buffer[]);
        assert(
          bytes.equals(whole.subarray(options.start, options.end === undefined ? SIZE : options.end + 1)),
        );
      }
      const lost = nodeFs.createReadStream(missing, { fs: named.streamOperations });
      await assert.rejects(lost.toArray(), { code: 'ENOENT' });
    });
  });
}
