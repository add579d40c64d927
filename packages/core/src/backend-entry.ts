/**
 * `@overlapped/core/backend`: what the author of a backend needs. `docs/guides/writing-a-backend.md` begins with a whole one.
 *
 * @packageDocumentation
 */
export * from './backend.js';
export { type BackendCounters, countersOf } from './overlapped/counters.js';
export {
  abortError,
  codeOf,
  invalidArgType,
  invalidArgValue,
  invalidState,
  outOfRange,
  systemError,
  win32FromErrno,
  win32FromNodeError,
  type FailureContext,
  type NativeError,
  type NativeErrorKind,
  type OverlappedError,
} from './errors.js';
export { registerBackend, type Candidate, type ProbeFailure } from './selector/index.js';
export { createUringBackend, type UringOptions } from './engine/io-uring.js';
export { createIocpBackend, type IocpOptions } from './engine/iocp.js';
export { NodeFsBackend, type NodeFsOptions } from './node-fs/backend.js';
export {
  closeDescriptor,
  hasDirect,
  openDescriptor,
  openDescriptorSync,
  statDescriptor,
} from './node-fs/node-files.js';
export { allocateWasmPages } from './buffers/wasm-pages.js';
