/** Which programs are Node.js, by what they say in process.versions (R84). */
import assert from 'node:assert/strict';
import { hostName, hostRefusal } from '../src/selector/hosts.js';
import type { CandidateReport } from '../src/index.js';
import { runModule } from './child.js';

describe('selector: hosts', () => {
  for (const built of [{}, { electron: '40.0.0' }, { nw: '0.100.0' }]) {
    it(`Node.js, and what is built on it, may load addons: ${JSON.stringify(built)}`, () => {
      const versions = { node: '24.1.0', uv: '1.51.0', ...built };
      assert.equal(hostRefusal(versions), undefined);
      assert.equal(hostName(versions), 'Node.js v24.1.0');
    });
  }

  for (const [key, name] of Object.entries({ bun: 'Bun', deno: 'Deno' })) {
    it(`[R84] ${name}, which says that it is Node.js too, gets a reason in place of a native addon`, () => {
      const refusal = hostRefusal({ node: '24.1.0', uv: '1.51.0', [key]: '1.2.3' });
      assert.equal(refusal?.code, 'unsupported-host');
      assert.match(refusal.message, new RegExp(`not used on ${name} 1\\.2\\.3, `));
      assert.match(refusal.remedy, /node-fs serves/);
    });
  }

  it('[R84] where there is no SharedArrayBuffer node-fs serves, with the reason', async () => {
    const script = `
      delete globalThis.SharedArrayBuffer;
      const { describeBackends, open } = await import('@overlapped/core');
      const file = await open(process.execPath);
      const { bytesRead } = await file.read({ buffer: new Uint8Array(16) });
      await file.close();
      const tried = describeBackends().candidates.filter(({ code }) => code !== 'other-platform');
      console.log(JSON.stringify({ backend: file.backend, bytesRead, tried }));`;
    const printed = (await runModule(script)) as {
      backend: string;
      bytesRead: number;
      tried: CandidateReport[];
    };
    assert.deepEqual([printed.backend, printed.bytesRead], ['node-fs', 16]);
    for (const { name, status, code } of printed.tried) {
      assert.deepEqual(
        [status, code],
        name === 'node-fs' ? ['chosen', 'ok'] : ['refused', 'no-shared-memory'],
      );
    }
  });
});
