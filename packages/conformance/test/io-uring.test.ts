import { createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { describeBackend } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';

const loaded = load();
if (loaded.ok) {
  // A small backend gets a submission queue that is smaller still, so that its backlog is used as well.
  describeBackend('io_uring', (options) =>
    createUringBackend(
      loaded.addon,
      () => new NodeFsBackend(),
      options?.capacity === undefined ? {} : { capacity: options.capacity, queueEntries: 2 },
    ),
  );
} else {
  const { code, message } = loaded.refusal;
  describe('backend io_uring', () => {
    it(`is not available here: ${code}: ${message}`, function () {
      if (process.platform === 'linux' && process.env.CI) throw new Error(`${code}: ${message}`);
      this.skip();
    });
  });
}
