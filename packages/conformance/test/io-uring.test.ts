import assert from 'node:assert/strict';
import { createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { type BackendFactory, describeBackend, requiredOnLinux, whereLoaded } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';

/** Set by scripts/test-hosts.mjs where the linker refuses external ArrayBuffers to the addon, as Electron does. */
const refused = process.env.LD_AUDIT?.includes('no-external-buffers') === true;

whereLoaded('backend io_uring', load(), requiredOnLinux(), (addon) => {
  // A small backend gets a submission queue that is smaller still, so that its backlog is used as well.
  const create: BackendFactory = (options) =>
    createUringBackend(
      addon,
      () => new NodeFsBackend(),
      options?.capacity === undefined ? {} : { capacity: options.capacity, queueEntries: 2 },
    );
  describeBackend('io_uring', create);

  it(`io_uring: memory that it lends is ${refused ? 'WebAssembly’s' : 'the addon’s'}`, async () => {
    const backend = create();
    const memory = backend.allocate(8192);
    assert.ok(memory.byteLength >= 8192);
    assert.equal(backend.stats().detail.regions, refused ? 0 : 1);
    assert.equal(backend.stats().detail.regionBytes, refused ? 0 : 8192);
    await backend.close();
  });
});
