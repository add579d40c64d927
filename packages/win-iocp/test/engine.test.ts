/** The addon by itself: what core never asks of it, and what a wrong call comes to. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, toNamespacedPath } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type IocpAddon, type IocpEngine, load } from '../src/index.js';

const loaded = load();

describe('win-iocp: the addon', () => {
  if (!loaded.ok) {
    const { code, message } = loaded.refusal;
    it(`needs Windows or Wine: ${code}: ${message}`, function () {
      if (process.platform === 'win32') throw new Error(`${code}: ${message}`);
      this.skip(); // run by scripts/test-wine.mjs
    });
    return;
  }
  const { addon } = loaded;
  const directory = mkdtempSync(join(tmpdir(), 'overlapped-'));
  const path = toNamespacedPath(join(directory, 'file'));
  const options = { direct: false, readable: true, overlapped: true, access: 0 };
  let engine: IocpEngine;

  before(() => writeFileSync(path, 'sixteen bytes...'));
  after(() => rmSync(directory, { recursive: true }));
  beforeEach(() => ({ engine } = makeEngine(addon)));
  afterEach(() => engine.close());

  it('[R54] O5: reading a handle without read access fails at once with 5', async () => {
    const { id } = engine.openFileSync(path, { ...options, readable: false });
    engine.bindFile(id);
    const view = new Uint8Array(16);
    assert.equal(engine.issue(0, 0, id, 0, 16, 0, 0, view), 5);
    assert.equal(engine.stats().O5, 1);
    while (engine.stats().quarantined !== 0) await turn();
    assert.equal(engine.stats().strays, 0);
    await engine.closeFile(id);
  });

  it('[R10] a handle that is bound, or is not overlapped, is refused with 87', () => {
    const { id } = engine.openFileSync(path, options);
    engine.bindFile(id);
    assert.throws(() => engine.bindFile(id), { win32: 87, native: 87 });
    const plain = engine.openFileSync(path, { ...options, overlapped: false });
    assert.throws(() => engine.bindFile(plain.id), { win32: 87 });
  });

  it('[R9] what is not open is refused with 6', async () => {
    assert.throws(() => engine.bindFile(99), { win32: 6 });
    const view = new Uint8Array(16);
    assert.equal(engine.issue(0, 0, 99, 0, 16, 0, 0, view), 6);
    assert.throws(() => engine.closeFile(99), { win32: 6 });
    assert.throws(() => engine.statFile(99), { win32: 6 });
  });

  it('[R60] memory that is too small, or is not there, is refused with 998', () => {
    const { id } = engine.openFileSync(path, options);
    engine.bindFile(id);
    const view = new Uint8Array(8);
    assert.equal(engine.issue(0, 0, id, 0, 16, 0, 0, view), 998);
    assert.equal(engine.issue(0, 0, id, 9, 0, 0, 0, view), 998);
    assert.equal(engine.issue(1, 0, id, 0, 0, 0, 0, null), 998);
  });

  it('wrong calls throw, and hurt nothing', () => {
    assert.throws(() => engine.submit(0, 1e6), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => engine.issue(1e6, 0, 0, 0, 0, 0, 0, null), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => engine.submit('x' as unknown as number, 1), { code: 'ERR_INVALID_ARG_TYPE' });
    for (const wrong of [2 ** 32, -1, 0.5, NaN]) {
      const calls = [
        () => engine.submit(wrong, 0),
        () => engine.issue(0, 0, wrong, 0, 0, 0, 0, null),
        () => engine.bindFile(wrong),
        () => engine.closeFile(wrong),
      ];
      for (const call of calls) assert.throws(call, { code: 'ERR_OUT_OF_RANGE' }, String(wrong));
    }
    assert.equal(engine.submit(0, 0), 0);
  });

  it('reads that failed before an unlawful request in their batch are heard of', async () => {
    const dispatched: number[] = [];
    const rig = makeEngine(addon, (count) => void dispatched.push(count));
    const read = 1;
    rig.requests.set([read, 0, 7, 99, 0, 0, 0, 0]); // no such file, and nothing is pinned
    rig.requests.set([read, 1000, 8, 99, 0, 0, 0, 0], 8); // no such slot
    assert.throws(() => rig.engine.submit(0, 2), { code: 'ERR_INVALID_ARG_VALUE' });
    while (dispatched.length === 0) await turn();
    assert.deepEqual(dispatched, [1]);
    assert.deepEqual([...rig.completions.subarray(0, 4)], [0, 7, 998, 0]);
    rig.engine.close();
  });

  it('a closed engine refuses everything but another close', async () => {
    const { id } = engine.openFileSync(path, options);
    engine.close();
    engine.close();
    assert.throws(() => engine.submit(0, 0), { code: 'ERR_INVALID_STATE' });
    assert.throws(() => engine.stats(), { code: 'ERR_INVALID_STATE' });
    assert.throws(() => engine.openFileSync(path, options), { code: 'ERR_INVALID_STATE' });
    await engine.closeFile(id); // closed with the engine
  });

  it('[R3] a file whose open ends after the engine was closed does not stay open', async () => {
    const { handles } = addon.processCounters();
    const opening = Array.from({ length: 20 }, () => engine.openFile(path, options));
    engine.close();
    // All at once: a rejection that is looked at later counts as unhandled until then.
    await Promise.all(opening.map((file) => assert.rejects(file, { win32: 995 })));
    // The engine's own port and threads are gone as well.
    assert.ok(addon.processCounters().handles <= handles);
  });
});

function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * count));
}

interface Rig {
  readonly engine: IocpEngine;
  readonly requests: Uint32Array;
  readonly completions: Uint32Array;
}

function makeEngine(addon: IocpAddon, dispatch: (count: number) => void = () => undefined): Rig {
  const capacity = 4;
  const [request, completion, status] = addon.layout as [number, number, number];
  const requests = sharedWords(2 * capacity * request);
  const completions = sharedWords(capacity * completion);
  const engine = addon.createEngine({
    capacity,
    requests,
    completions,
    status: sharedWords(status),
    dispatch,
  });
  return { engine, requests, completions };
}
