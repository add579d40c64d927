/** `backendStats()`: the backends that this thread has made, and no others. */
import assert from 'node:assert/strict';
import { describeBackends } from '../src/index.js';
import { runModule } from './child.js';

/** @returns after the script: each backend of the thread, and the reads that it has completed */
function statsAfter(script: string): Promise<unknown> {
  return runModule(`
    import { backendStats, open } from '@overlapped/core';
    ${script}
    console.log(JSON.stringify(backendStats().map(({ backend, completed }) => [backend, completed])));
  `);
}

describe('backendStats', () => {
  it('[R84] of a thread that has opened nothing: none, and makes none', async () => {
    assert.deepEqual(await statsAfter(''), []);
  });

  it('of a thread that has named one: that one', async () => {
    const script = `
      const file = await open(process.execPath, { backend: 'node-fs' });
      await Promise.all([file.readAt(Buffer.alloc(10), 0), file.readAt(Buffer.alloc(10), 10)]);`;
    assert.deepEqual(await statsAfter(script), [['node-fs', 2]]);
  });

  it('node-fs too, where it serves a file that the chosen one has handed over', async function () {
    if (process.platform === 'win32') {
      console.log('      skipped: the completion port reads every file itself');
      return this.skip();
    }
    const { chosen } = describeBackends();
    const script = `
      const file = await open('/dev/zero');
      await file.readAt(Buffer.alloc(10), 0);`;
    const others = chosen === 'node-fs' ? [] : [[chosen, 0]];
    assert.deepEqual(await statsAfter(script), [...others, ['node-fs', 1]]);
  });
});
