import { createIocpBackend } from '@overlapped/core/backend';
import { describeBackend } from '@overlapped/conformance';
import { load } from '@overlapped/win-iocp';

const loaded = load();
if (loaded.ok) {
  describeBackend('iocp', (options) => createIocpBackend(loaded.addon, options));
} else {
  const { code, message } = loaded.refusal;
  describe('backend iocp', () => {
    it(`is not available here: ${code}: ${message}`, function () {
      if (process.platform === 'win32') throw new Error(`${code}: ${message}`);
      this.skip(); // run by scripts/test-wine.mjs
    });
  });
}
