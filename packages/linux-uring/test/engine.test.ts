/** The addon's engine as its caller sees it: what it refuses, and that wrong use throws and never crashes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type EngineOptions, load, type UringAddon, type UringEngine } from '../src/index.js';

const CAPACITY = 4;
const LIMIT = 256;
const READ = 1;
const CANCEL = 2;
const EBADF = 9;
const EFAULT = 14;

function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * count));
}

class Rig {
  readonly requests: Uint32Array;
  readonly completions: Uint32Array;
  readonly status = sharedWords(2);
  /** What the request of each slot fills. */
  readonly views: (NodeJS.ArrayBufferView | null)[] = Array<null>(CAPACITY).fill(null);
  readonly dispatched: number[] = [];
  readonly engine: UringEngine;

  constructor(
    readonly addon: UringAddon,
    overrides: Partial<Record<keyof EngineOptions, unknown>> = {},
  ) {
    const [request, completion] = addon.layout as [number, number];
    this.requests = sharedWords(2 * CAPACITY * request);
    this.completions = sharedWords(CAPACITY * completion);
    const options = {
      capacity: CAPACITY,
      queueEntries: 8,
      requests: this.requests,
      completions: this.completions,
      status: this.status,
      dispatch: (count: number) => void this.dispatched.push(count),
      ...overrides,
    };
    this.engine = addon.createEngine(options as EngineOptions);
  }

  /** Writes one request as the first of the table. */
  request(opcode: number, slot: number, generation: number, file = 0, offset = 0, length = 16): void {
    this.requests.set([opcode, slot, generation, file, offset, length, 0, 0]);
  }

  /** Submits the first request of the table. */
  submit(): number {
    return this.engine.submit(0, 1, this.views[this.requests[1] as number] ?? null);
  }

  completion(index: number): number[] {
    return [...this.completions.subarray(index * 4, index * 4 + 4)];
  }
}

describe('linux-uring: engine', () => {
  let addon: UringAddon;
  before(function () {
    const loaded = load();
    if (loaded.ok) {
      addon = loaded.addon;
      return;
    }
    const { code, message } = loaded.refusal;
    if (process.platform === 'linux' && process.env.CI) throw new Error(`${code}: ${message}`);
    console.log(`      skipped: ${code}: ${message}`);
    this.skip();
  });

  it('reads what a request names, in the call that submits it', () => {
    const rig = new Rig(addon);
    const content = new Uint8Array(readFileSync(__filename)); // it is cached from here on
    const fd = openSync(__filename, 'r');
    const file = rig.engine.addFile(fd, true);
    const target = new Uint8Array(64);
    rig.views[2] = target;
    rig.request(READ, 2, 5, file, 8, 32);
    assert.equal(rig.submit(), 1);
    assert.deepEqual(rig.completion(0), [2, 5, 0, 32]);
    assert.deepEqual(target.subarray(8, 40), content.subarray(0, 32));
    assert.deepEqual(target.subarray(40), new Uint8Array(24)); // R43
    assert.deepEqual([...rig.status], [0, 0]);
    rig.engine.close();
    closeSync(fd);
  });

  it('a request that names no file, no view, or bytes outside its view fails alone', () => {
    const rig = new Rig(addon);
    const file = rig.engine.addFile(0, true);
    rig.views[0] = new Uint8Array(16);
    const cases: [Parameters<Rig['request']>, number][] = [
      [[READ, 0, 1, file + 1], EBADF],
      [[READ, 0, 1, file, 1, 16], EFAULT],
      [[READ, 0, 1, file, 17, 0], EFAULT],
      [[READ, 0, 1, file, 0xffff_ffff, 0xffff_ffff], EFAULT],
      [[READ, 1, 1, file], EFAULT], // it has no view
    ];
    for (const [request, errno] of cases) {
      rig.request(...request);
      assert.equal(rig.submit(), 1);
      assert.deepEqual(rig.completion(0), [request[1], 1, errno, 0]);
    }
    rig.engine.removeFile(file);
    rig.request(READ, 0, 1, file);
    assert.equal(rig.submit(), 1);
    assert.deepEqual(rig.completion(0), [0, 1, EBADF, 0]);
    assert.throws(() => rig.engine.removeFile(file), /no such file/);
    rig.engine.close();
  });

  it('a cancellation of nothing does nothing', () => {
    const rig = new Rig(addon);
    for (const slot of [0, CAPACITY, 0xffff_ffff]) {
      rig.request(CANCEL, slot, 1);
      assert.equal(rig.submit(), 0);
    }
    rig.engine.cancelAll();
    rig.engine.close();
  });

  it('requests outside the table, and things that are no numbers, throw', () => {
    const rig = new Rig(addon);
    const submit = (...values: unknown[]): number => rig.engine.submit(...(values as [number, number]));
    for (const [first, count] of [
      [0, 2 * CAPACITY + 1],
      [2 * CAPACITY, 1],
      [0xffff_ffff, 2],
      [1, 0xffff_ffff],
    ]) {
      assert.throws(() => submit(first, count), { code: 'ERR_OUT_OF_RANGE' });
    }
    for (const values of [[], [0], ['0', 1], [0, {}]]) {
      assert.throws(() => submit(...values), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.equal(submit(2 * CAPACITY, 0), 0);
    const { engine } = rig;
    for (const wrong of [2 ** 32, -1, 0.5, NaN, Infinity]) {
      const calls = [
        () => submit(wrong, 0),
        () => engine.addFile(wrong, true),
        () => engine.removeFile(wrong),
      ];
      for (const call of calls) assert.throws(call, { code: 'ERR_OUT_OF_RANGE' }, String(wrong));
    }
    assert.throws(() => engine.addFile(2 ** 31, true), { code: 'ERR_OUT_OF_RANGE' });
    engine.close();
  });

  it('reads that failed before an unlawful request in their batch are heard of', async () => {
    const rig = new Rig(addon);
    const entry = (at: number, ...words: number[]): void => rig.requests.set([...words, 0, 0, 0, 0], at * 8);
    entry(0, READ, 0, 7, 99);
    entry(1, READ, 1, 8, 99);
    entry(2, READ, CAPACITY, 9, 99);
    entry(3, READ, 2, 10, 99);
    assert.throws(() => rig.engine.submit(0, 4), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(rig.status[0], 2);
    while (rig.dispatched.length === 0) await turn();
    assert.deepEqual(rig.dispatched, [2]);
    assert.deepEqual(rig.completion(0), [0, 7, EBADF, 0]);
    assert.deepEqual(rig.completion(1), [1, 8, EBADF, 0]);
    assert.equal(rig.status[0], 0);
    rig.engine.close();
  });

  it('more requests than one call takes throw, and none of them is taken', () => {
    const [request] = addon.layout as [number];
    const requests = sharedWords((LIMIT + 1) * request);
    const rig = new Rig(addon, { requests });
    requests.set([READ, 0, 1, 0, 0, 16, 0, 0]);
    assert.throws(() => rig.engine.submit(0, LIMIT + 1), { code: 'ERR_OUT_OF_RANGE' });
    assert.deepEqual([...rig.status], [0, 0]);
    requests.fill(CANCEL);
    assert.equal(rig.engine.submit(0, LIMIT), 0);
    rig.engine.close();
  });

  it('options that can’t be right are refused', () => {
    const cases: [Partial<Record<keyof EngineOptions, unknown>>, RegExp][] = [
      [{ capacity: 0 }, /capacity/],
      [{ capacity: 32_769 }, /capacity/],
      [{ capacity: NaN }, /capacity/],
      [{ capacity: 2 ** 32 + CAPACITY }, /capacity/],
      [{ capacity: '4' }, /capacity/],
      [{ queueEntries: 0 }, /queueEntries/],
      [{ requests: sharedWords(3) }, /requests is too short/],
      [{ completions: sharedWords(3) }, /completions is too short/],
      [{ status: sharedWords(1) }, /status is too short/],
      [{ requests: new Uint32Array(1000) }, /requests must be on a SharedArrayBuffer/],
      [{ requests: new Float64Array(1000) }, /requests must be a Uint32Array/],
      [{ completions: undefined }, /completions must be a Uint32Array/],
      [{ dispatch: 1 }, /dispatch must be a function/],
    ];
    for (const [overrides, message] of cases) assert.throws(() => new Rig(addon, overrides), message);
    assert.throws(() => addon.createEngine(undefined as unknown as EngineOptions));
  });

  it('says where in its page memory begins, closed too, and refuses what is no Uint8Array', () => {
    const { engine } = new Rig(addon);
    const page = new Uint8Array(engine.allocate(8192) ?? assert.fail('no external memory here'));
    for (const start of [0, 1, 16, 4095, 4096, 8191]) {
      assert.equal(engine.pageOffset(page.subarray(start)), start % 4096);
    }
    engine.close();
    assert.equal(engine.pageOffset(page.subarray(7)), 7);
    for (const wrong of [undefined, 1, new ArrayBuffer(1), new Uint16Array(1)]) {
      assert.throws(() => engine.pageOffset(wrong as unknown as Uint8Array), /a Uint8Array is expected/);
    }
  });

  it('asks for large pages, closed too, and refuses what is no Uint8Array', function () {
    if (!existsSync('/sys/kernel/mm/transparent_hugepage')) {
      console.log('      skipped: this kernel has no large pages');
      return this.skip();
    }
    const { engine } = new Rig(addon);
    const memory = new Uint8Array(engine.allocate(1 << 20) ?? assert.fail('no external memory here'));
    const advised = (): number =>
      readFileSync('/proc/self/smaps', 'utf8').match(/^VmFlags:.* hg\b/gm)?.length ?? 0;
    const before = advised();
    engine.useLargePages(memory.subarray(5000, 10_000));
    assert.equal(advised(), before + 1);
    engine.close();
    engine.useLargePages(memory.subarray(500_000));
    assert.equal(advised(), before + 2);
    engine.useLargePages(new Uint8Array(0));
    for (const wrong of [undefined, 1, new ArrayBuffer(1), new Uint16Array(1)]) {
      assert.throws(() => engine.useLargePages(wrong as unknown as Uint8Array), /a Uint8Array is expected/);
    }
  });

  it('says what a descriptor is of, as fstat does, and 0 of none', () => {
    const { engine } = new Rig(addon);
    const directory = mkdtempSync(join(tmpdir(), 'overlapped-mode-'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    for (const path of [__filename, directory, '/dev/null', join(directory, 'fifo')]) {
      const fd = openSync(path, path.endsWith('fifo') ? 'r+' : 'r');
      const type = fstatSync(fd).mode & constants.S_IFMT;
      assert.equal(engine.fileMode(fd) & constants.S_IFMT, type, path);
      closeSync(fd);
    }
    rmSync(directory, { recursive: true });
    assert.equal(engine.fileMode(2 ** 31 - 1), 0);
    for (const wrong of [-1, 2 ** 31, NaN]) {
      assert.throws(() => engine.fileMode(wrong), { code: 'ERR_OUT_OF_RANGE' });
    }
    engine.close();
    const fd = openSync(__filename, 'r');
    assert.equal(engine.fileMode(fd) & constants.S_IFMT, constants.S_IFREG, 'closed too');
    closeSync(fd);
  });

  it('[R1] opens at once what is regular, named in memory, and of a device that is known to wait for nobody', () => {
    const { engine } = new Rig(addon);
    const directory = mkdtempSync(join(tmpdir(), 'overlapped-open-'));
    const at = (name: string): string => join(directory, name);
    writeFileSync(at('file'), 'some bytes');
    symlinkSync('file', at('link'));
    execFileSync('mkfifo', [at('fifo')]);
    assert.equal(engine.openAtOnce(at('file'), false), -1, 'nothing is known of the device');
    const first = openSync(at('file'), 'r');
    engine.addFile(first, true);
    // What others rename or mount meanwhile can be in the way.
    const openSoon = (path: string): number => {
      for (let tries = 0; tries < 1_000; tries++) {
        const opened = engine.openAtOnce(path, false);
        if (opened >= 0) return opened;
      }
      return -1;
    };
    const fd = openSoon(at('file'));
    assert(
      fd >= 0,
      'openat2 is refused here, or the temporary directory is on a file system without RWF_NOWAIT',
    );
    assert.equal(readFileSync(fd, 'utf8'), 'some bytes');
    const flags = /flags:\t0*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
    const O_CLOEXEC = 0o2000000;
    assert.equal(parseInt(flags, 8) & (O_CLOEXEC | constants.O_NONBLOCK | 3), O_CLOEXEC, `flags ${flags}`);
    closeSync(openSync(at('link'), 'r')); // a link that nobody has followed has its time of access to be written
    const link = openSoon(at('link'));
    assert.equal(fstatSync(link).ino, fstatSync(fd).ino);
    for (const other of [
      directory,
      at('fifo'),
      at('none'),
      '/dev/null',
      '/proc/self/maps',
      `${at('file')}\0x`,
      '',
    ]) {
      assert.equal(engine.openAtOnce(other, false), -1, other);
    }
    for (const wrong of [undefined, 1, null, {}]) {
      assert.throws(() => engine.openAtOnce(wrong as string, false), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    engine.close();
    assert.throws(() => engine.openAtOnce(at('file'), false), { code: 'ERR_INVALID_STATE' });
    for (const each of [first, fd, link]) closeSync(each);
    rmSync(directory, { recursive: true });
  });

  it('[R70] a descriptor closes at once that is of a file with a name, and of nothing else', () => {
    const { engine } = new Rig(addon);
    const directory = mkdtempSync(join(tmpdir(), 'overlapped-close-'));
    const [named, unlinked] = [join(directory, 'named'), join(directory, 'unlinked')];
    for (const path of [named, unlinked]) writeFileSync(path, 'some bytes');
    const cases = [named, unlinked, '/dev/null', directory].map((path) => ({
      path,
      fd: openSync(path, 'r'),
    }));
    rmSync(unlinked);
    for (const { path, fd } of cases) {
      const id = engine.addFile(fd, path !== '/dev/null');
      assert.equal(engine.removeFile(id), path === named, path);
      closeSync(fd);
    }
    rmSync(directory, { recursive: true });
    engine.close();
    assert.equal(engine.removeFile(0), false);
  });

  it('a closed engine throws, and closes again in peace', () => {
    const { engine } = new Rig(addon);
    engine.close();
    engine.close();
    const closed = { code: 'ERR_INVALID_STATE', message: /closed/ };
    assert.throws(() => engine.submit(0, 0), closed);
    assert.throws(() => engine.addFile(0, true), closed);
    assert.throws(() => engine.cancelAll(), closed);
    assert.throws(() => engine.allocate(4096), closed);
    assert.throws(() => engine.stats(), closed);
    engine.removeFile(0);
  });

  it('engines that nobody closes are no one’s problem', () => {
    for (let i = 0; i < 10; i++) new Rig(addon);
    global.gc?.();
  });
});
