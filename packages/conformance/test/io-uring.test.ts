import { createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { describeBackend, requiredOnLinux, whereLoaded } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';

whereLoaded('backend io_uring', load(), requiredOnLinux(), (addon) => {
  // A small backend gets a submission queue that is smaller still, so that its backlog is used as well.
  describeBackend('io_uring', (options) =>
    createUringBackend(
      addon,
      () => new NodeFsBackend(),
      options?.capacity === undefined ? {} : { capacity: options.capacity, queueEntries: 2 },
    ),
  );
});
