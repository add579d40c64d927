import assert from 'node:assert/strict';
import { skipUnless } from '@overlapped/conformance';
import { runChild } from '../src/child.js';

const { signal } = new AbortController();

function script(source: string, end: AbortSignal = signal): Promise<string> {
  return runChild(process.execPath, ['-e', source], { signal: end });
}

describe('bench child', () => {
  it('gives what it wrote', async () => {
    assert.equal(await script("process.stdout.write('written')"), 'written');
  });

  it('fails with what it said', async () => {
    await assert.rejects(script("process.stderr.write('what is wrong\\n'); process.exit(3)"), {
      message: 'what is wrong',
    });
    await assert.rejects(script('process.exit(3)'), { message: 'it ended with 3' });
    await assert.rejects(runChild('there-is-no-such-program', [], { signal }), { code: 'ENOENT' });
  });

  it('ends with what it started, when it is told to', async function () {
    skipUnless(this, process.platform !== 'win32', 'a measurement starts no programs on Windows');
    const controller = new AbortController();
    // Both hold standard output open, and the call waits for its end: with either alive it would not settle.
    const grandchild = "require('child_process').spawnSync('sleep', ['600'], { stdio: 'inherit' })";
    const running = script(grandchild, controller.signal);
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 300);
    await assert.rejects(running, reason);
  });
});
