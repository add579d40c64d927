/** What the selector makes of an addon that is not there, or does not load: the doctor says it, and node:fs serves. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Fixtures } from '@overlapped/conformance';
import { ADDON_PATH_VARIABLE } from '@overlapped/win-iocp';
import { describeOnWindows } from './port.js';

const DOCTOR = path.join(
  path.dirname(require.resolve('@overlapped/core/package.json')),
  'bin',
  'overlapped.js',
);
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

  function node(args: readonly string[], env: NodeJS.ProcessEnv): { status: number | null; stdout: string } {
    return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  }

  function doctor(
    env: NodeJS.ProcessEnv,
    flags: readonly string[] = [],
  ): { status: number | null; report: Report } {
    const { status, stdout } = node([...flags, DOCTOR, 'doctor', '--json'], env);
    return { status, report: JSON.parse(stdout) as Report };
  }

  function refusal({ candidates }: Report): string | undefined {
    return candidates.find(({ name }) => name === 'iocp')?.code;
  }

  it('[R83] iocp comes first, and works', () => {
    const { status, report } = doctor({});
    assert.equal(status, 0);
    assert.equal(report.chosen, 'iocp');
  });

  it('[R84] without the addon node:fs serves, and the doctor says why', () => {
    const env = { [ADDON_PATH_VARIABLE]: fixtures.path('missing.node') };
    const { status, report } = doctor(env);
    assert.equal(status, 0);
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addon-missing');
    const program = path.join(__dirname, `read-${process.pid}.cjs`);
    fs.writeFileSync(program, READ);
    try {
      assert.equal(node([program], env).stdout.trim(), `node-fs ${READ.length}`);
      const forced = node([program], { ...env, OVERLAPPED_BACKEND: 'iocp' });
      assert.equal(forced.stdout.trim(), 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE addon-missing');
    } finally {
      fs.unlinkSync(program);
    }
  });

  it('[R84] an addon that does not load is a refusal as well', () => {
    const file = fixtures.path('text.node');
    fs.writeFileSync(file, 'no library');
    const { report } = doctor({ [ADDON_PATH_VARIABLE]: file });
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addon-load-failed');
  });

  it('[R84] so is --no-addons', () => {
    const { report } = doctor({}, ['--no-addons']);
    assert.equal(report.chosen, 'node-fs');
    assert.equal(refusal(report), 'addons-disabled');
  });

  it('[R85] asked for by name and not there: exit code 1, and no fallback', () => {
    const env = { [ADDON_PATH_VARIABLE]: fixtures.path('missing.node'), OVERLAPPED_BACKEND: 'iocp' };
    const { status, report } = doctor(env);
    assert.equal(status, 1);
    assert.equal(report.chosen, undefined);
  });
});
