/**
 * `@overlapped/core/overlapped`: the document layer. When should you use it? Almost never: `open()` of
 * `@overlapped/core` does all this inside. It is here for those who port a program that was written against
 * ThreadPool.BindHandle, and for those who write or test a backend.
 *
 * The five steps: {@link createFile} with FILE_FLAG_OVERLAPPED, {@link bindHandle}, a completion callback,
 * {@link Overlapped.pack} which pins the buffer, {@link readFile}; then {@link Overlapped.free}.
 *
 * @packageDocumentation
 */
export * from './constants.js';
export { BoundHandle, bindHandle, PreAllocatedOverlapped } from './bound-handle.js';
export { MAX_QUEUED_READS } from './completion-port.js';
export { closeHandle, createFile, createFileAsync, type CreateFileOptions } from './create-file.js';
export { type IOCompletionCallback, NativeOverlapped } from './native-overlapped.js';
export { Overlapped, type PinData } from './overlapped.js';
export { cancelIoEx, getLastError, queueCheckedRead, queueReadFile, readFile } from './read-file.js';
export { SafeFileHandle } from './safe-file-handle.js';
