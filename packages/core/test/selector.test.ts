/** The selector where no native package is needed: names, reports, refusals of all kinds (R83-R85). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { registerBackend } from '../src/backend-entry.js';
import { formatReport } from '../src/selector/format-report.js';
import { checkLayout } from '../src/engine/layout.js';
import {
  BACKEND_VARIABLE,
  type BackendsReport,
  describeBackends,
  open,
  selectBackend,
} from '../src/index.js';
import { NodeFsBackend } from '../src/node-fs/backend.js';

const UNAVAILABLE = 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE';

/** Runs `body` with OVERLAPPED_BACKEND set to `value`. */
function withVariable<T>(value: string, body: () => T): T {
  const saved = process.env[BACKEND_VARIABLE];
  process.env[BACKEND_VARIABLE] = value;
  try {
    return body();
  } finally {
    if (saved === undefined) Reflect.deleteProperty(process.env, BACKEND_VARIABLE);
    else process.env[BACKEND_VARIABLE] = saved;
  }
}

const candidate = (name: string, report = describeBackends()): BackendsReport['candidates'][number] => {
  const found = report.candidates.find((other) => other.name === name);
  assert.ok(found !== undefined, `${name} is not listed`);
  return found;
};

describe('selector', () => {
  const saved = process.env[BACKEND_VARIABLE];
  before(() => Reflect.deleteProperty(process.env, BACKEND_VARIABLE));
  after(() => {
    if (saved !== undefined) process.env[BACKEND_VARIABLE] = saved;
  });

  it('[R83] auto chooses one, and the report names the same', () => {
    const report = describeBackends();
    assert.equal(selectBackend().name, report.chosen);
    assert.equal(selectBackend('auto'), selectBackend());
    assert.equal(report.decidedBy, 'default');
    assert.deepEqual(
      report.candidates.filter(({ status }) => status === 'chosen').map(({ name }) => name),
      [report.chosen],
    );
  });

  it('[R85] a name, or the variable, decides; the name goes first', () => {
    assert.equal(selectBackend('node-fs').name, 'node-fs');
    withVariable('node-fs', () => {
      assert.equal(selectBackend().name, 'node-fs');
      const report = describeBackends();
      assert.deepEqual([report.chosen, report.decidedBy], ['node-fs', 'environment']);
    });
    withVariable('no-such-backend', () => assert.equal(selectBackend('node-fs').name, 'node-fs'));
    withVariable('', () => assert.equal(describeBackends().decidedBy, 'default'));
  });

  it('a backend of the caller’s own is taken as it is', () => {
    const own = new NodeFsBackend();
    assert.equal(selectBackend(own), own);
  });

  it('an unknown name is an argument error that lists the names', async () => {
    const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /auto, .*node-fs.*'nonsense'/ };
    assert.throws(() => selectBackend('nonsense'), expected);
    await assert.rejects(open(__filename, { backend: 'nonsense' }), expected);
    withVariable('nonsense', () => {
      assert.throws(() => selectBackend(), { ...expected, message: /OVERLAPPED_BACKEND/ });
      assert.equal(describeBackends().chosen, undefined);
    });
    for (const wrong of [null, 1, {}, Symbol('x')]) {
      assert.throws(() => selectBackend(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });

  describe('with backends that were registered', () => {
    let made = 0;
    let attempts = 0;
    const refusal = { code: 'no-luck', message: 'it has no luck', remedy: 'try another day' };
    before(() => {
      registerBackend({
        name: 'test-works',
        platforms: [],
        create: () => (made++, { backend: new NodeFsBackend(), note: 'n' }),
      });
      registerBackend({ name: 'test-refused', platforms: [], create: () => (attempts++, { refusal }) });
      registerBackend({
        name: 'test-transient',
        platforms: [],
        create: () => (attempts++, { refusal, transient: true }),
      });
    });

    it('they are made when they are named, and once', () => {
      assert.deepEqual(candidate('test-works').code, 'other-platform');
      assert.equal(made, 0);
      assert.equal(selectBackend('test-works'), selectBackend('test-works'));
      assert.equal(made, 1);
    });

    it('[R85] a refusal is thrown with its code, sentence and remedy, and nothing falls back', async () => {
      const expected = {
        code: UNAVAILABLE,
        backend: 'test-refused',
        refusal,
        message: 'The backend test-refused is not available: it has no luck. What to do: try another day',
      };
      assert.throws(() => selectBackend('test-refused'), expected);
      await assert.rejects(open(__filename, { backend: 'test-refused' }), expected);
      withVariable('test-refused', () => {
        assert.throws(() => selectBackend(), expected);
        const report = describeBackends();
        assert.equal(report.chosen, undefined);
        assert.deepEqual(candidate('test-refused', report), {
          name: 'test-refused',
          status: 'refused',
          ...refusal,
        });
      });
    });

    it('[R84] a refusal is remembered, unless it may pass', () => {
      attempts = 0;
      for (let i = 0; i < 3; i++) assert.throws(() => selectBackend('test-refused'), { code: UNAVAILABLE });
      assert.equal(attempts, 0);
      for (let i = 0; i < 3; i++) assert.throws(() => selectBackend('test-transient'), { code: UNAVAILABLE });
      assert.equal(attempts, 3);
    });

    it('a name can’t be taken twice', () => {
      for (const name of ['test-works', 'node-fs', 'io_uring', 'auto']) {
        const again = { name, platforms: [], create: () => ({ refusal }) };
        assert.throws(() => registerBackend(again), { code: 'ERR_INVALID_ARG_VALUE' });
      }
    });
  });

  it('tables of another version are refused, naming both', () => {
    assert.equal(checkLayout('addon', [8, 4, 2, 256]), undefined);
    for (const layout of [
      [],
      [8, 4, 2],
      [8, 4, 2, 256, 0],
      [9, 4, 2, 256],
      [8, 5, 2, 256],
      [8, 4, 1, 256],
      [8, 4, 2, 64],
    ]) {
      const refused = checkLayout('addon', layout);
      assert.equal(refused?.code, 'version-mismatch');
      assert.match(refused.message, new RegExp(`tables ${layout.join('/')}, not 8/4/2/256`));
      assert.match(refused.remedy, /same version of @overlapped\/core and addon/);
    }
  });

  it('the doctor’s lines say status, reason and remedy', () => {
    const report: BackendsReport = {
      chosen: 'b',
      host: 'Node.js v20.12.0',
      decidedBy: 'default',
      candidates: [
        { name: 'a', status: 'refused', code: 'why', message: 'because', remedy: 'do this' },
        { name: 'b', status: 'chosen', code: 'ok', message: 'note', remedy: '' },
        { name: 'c', status: 'idle', code: 'ok', message: 'works; note', remedy: '' },
      ],
    };
    const lines = formatReport(report).split('\n');
    assert.equal(lines[0], '  ✘ a  refused  why: because');
    assert.equal(lines[1]?.trim(), 'what to do: do this');
    assert.equal(lines[2], '  ✔ b  chosen   note');
    assert.equal(lines[3], '  · c  idle     works; note');
  });

  it('without the native package core reads through node:fs, and says what is missing', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-alone-'));
    try {
      const core = path.resolve(__dirname, '..', '..');
      fs.cpSync(path.join(core, 'dist', 'src'), path.join(directory, 'dist', 'src'), { recursive: true });
      fs.copyFileSync(path.join(core, 'package.json'), path.join(directory, 'package.json'));
      const script = `
        const { describeBackends, open } = require(${JSON.stringify(path.join(directory, 'dist/src/index.js'))});
        const report = describeBackends();
        open(__filename === '[eval]' ? process.execPath : __filename).then(async (file) => {
          const bytes = await file.readAt(new Uint8Array(4), 0);
          process.stdout.write(JSON.stringify({ report, backend: file.backend, bytes }));
          await file.close();
        });`;
      const env = { ...process.env, NODE_PATH: '', [BACKEND_VARIABLE]: '' };
      const printed = execFileSync(process.execPath, ['-e', script], {
        cwd: directory,
        env,
        encoding: 'utf8',
      });
      const { report, backend, bytes } = JSON.parse(printed) as {
        report: BackendsReport;
        backend: string;
        bytes: number;
      };
      assert.deepEqual(
        { backend, bytes, chosen: report.chosen },
        { backend: 'node-fs', bytes: 4, chosen: 'node-fs' },
      );
      const uring = candidate('io_uring', report);
      if (process.platform === 'linux') {
        assert.deepEqual([uring.status, uring.code], ['refused', 'package-missing']);
        assert.match(uring.remedy, /npm install @overlapped\/linux-uring/);
      } else {
        assert.equal(uring.code, 'other-platform');
      }
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
});
