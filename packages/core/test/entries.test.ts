/** ESM and CommonJS: two doors to one module, so that state and classes are shared. */
import assert from 'node:assert/strict';
import { runModule } from './child.js';

for (const entry of [
  '@overlapped/core',
  '@overlapped/core/overlapped',
  '@overlapped/core/backend',
  '@overlapped/core/fs',
  '@overlapped/core/fs/promises',
]) {
  describe(`entry ${entry}`, () => {
    it('gives the same names, and the same things under them, to import and require', async () => {
      const result = await runModule(`
        import { createRequire } from 'node:module';
        import * as esm from '${entry}';
        const cjs = createRequire(process.cwd() + '/')('${entry}');
        const own = (names) => names.filter((name) => !['default', 'module.exports', '__esModule'].includes(name)).sort();
        const names = own(Object.keys(esm));
        const different = names.filter((name) => esm[name] !== cjs[name]);
        console.log(JSON.stringify({ esm: names, cjs: own(Object.keys(cjs)), different }));
      `);
      const { esm, cjs, different } = result as Record<string, string[]>;
      assert(esm!.length > 0);
      assert.deepEqual(esm, cjs);
      assert.deepEqual(different, []);
    });
  });
}

describe('entries together', () => {
  it('share their state: one backend for the thread, whoever asks first', async () => {
    const shared = await runModule(`
      import { createRequire } from 'node:module';
      import { open, selectBackend } from '@overlapped/core';
      const cjs = createRequire(process.cwd() + '/')('@overlapped/core');
      const file = await open(process.execPath);
      const both = [selectBackend() === cjs.selectBackend(), file instanceof cjs.OverlappedFile];
      await file.close();
      console.log(JSON.stringify(both));
    `);
    assert.deepEqual(shared, [true, true]);
  });

  it('[R84] importing them starts nothing: no backend, no handle, and the process ends', async () => {
    const active = await runModule(`
      import { open } from '@overlapped/core';
      import '@overlapped/core/overlapped';
      import '@overlapped/core/backend';
      const addons = process.report.getReport().sharedObjects.filter((path) => /overlapped.*\\.node$/.test(path));
      console.log(JSON.stringify({ addons, open: typeof open }));
    `);
    assert.deepEqual(active, { addons: [], open: 'function' });
  });
});
