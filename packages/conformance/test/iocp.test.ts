import { createIocpBackend } from '@overlapped/core/backend';
import { describeBackend, whereLoaded } from '@overlapped/conformance';
import { load } from '@overlapped/win-iocp';

// On Linux scripts/test-wine.mjs runs it.
whereLoaded('backend iocp', load(), process.platform === 'win32', (addon) => {
  describeBackend('iocp', (options) => createIocpBackend(addon, options));
});
