import { createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { describeBackend } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';

const loaded = load();
if (loaded.ok) {
  describeBackend('io_uring', () => createUringBackend(loaded.addon, () => new NodeFsBackend()));
} else {
  const { code, message } = loaded.refusal;
  describe('backend io_uring', () => {
    it(`is not available here: ${code}: ${message}`, function () {
      if (process.platform === 'linux' && process.env.CI) throw new Error(`${code}: ${message}`);
      this.skip();
    });
  });
}
