/** What the selector makes of an addon that is not there, or does not load: it says so, and node:fs serves. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Fixtures } from '@overlapped/conformance';
import { ADDON_PATH_VARIABLE } from '@overlapped/win-iocp';
import { describeOnWindows } from './port.js';

/** In a process of its own, which has loaded nothing yet. */
const DESCRIBE = `console.log(JSON.stringify(require('@overlapped/core').describeBackends()))`;
const READ = `
  const { open } = require('@overlapped/core');
  open(__filename).then(async (file) => {
    console.log(file.backend, (await file.readFile()).length);
    await file.close();
  }, (error) => { console.log(error.code, error.refusal.code); });`;

interface Report {
  readonly chosen?: string;
  readonly candidates: readonly { readonly name: string; readonly code: string; readonly remedy: string }[];
}

describeOnWindows('completion port: selector', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  function node(args: readonly string[], env: NodeJS.ProcessEnv): string {
    return spawnSync(process.execPath, args, {
      cwd: __dirname,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    }).stdout;
  }

  function describeBackends(env: NodeJS.ProcessEnv, flags: readonly string[] = []): Report {
    return JSON.parse(node([...flags, '-e', DESCRIBE], env)) as Report;
  }

  function refusal({ candidates }: Report): string | undefined {
    return candidates.find(({ name }) => name === 'iocp')?.code;
  }

  it('[R83] iocp comes first, and works', () => {
    assert.equal(describeBackends({}).chosen, 'iocp');
  });

  it('[R84] without the addon node:fs serves, and the report says why', () => {
    const env = { [ADDON_PATH_VARIABLE]: fixtures.path('missing.node') };
    const report = describeBackends(env);
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addon-missing');
    const program = path.join(__dirname, `read-${process.pid}.cjs`);
    fs.writeFileSync(program, READ);
    try {
      assert.equal(node([program], env).trim(), `node-fs ${READ.length}`);
      const forced = node([program], { ...env, OVERLAPPED_BACKEND: 'iocp' });
      assert.equal(forced.trim(), 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE addon-missing');
    } finally {
      fs.unlinkSync(program);
    }
  });

  it('[R84] an addon that does not load is a refusal as well', () => {
    const file = fixtures.path('text.node');
    fs.writeFileSync(file, 'no library');
    const report = describeBackends({ [ADDON_PATH_VARIABLE]: file });
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addon-load-failed');
  });

  it('[R84] so is --no-addons', () => {
    const report = describeBackends({}, ['--no-addons']);
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addons-disabled');
  });

  it('[R85] asked for by name and not there: none is chosen, and no fallback', () => {
    const env = { [ADDON_PATH_VARIABLE]: fixtures.path('missing.node'), OVERLAPPED_BACKEND: 'iocp' };
    assert.equal(describeBackends(env).chosen, undefined);
  });
});
