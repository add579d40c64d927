/** What `@overlapped/core/fs` has by name. */
import * as promises from './promises.js';

export * from 'node:fs';
export { createReadStream, type CreateReadStreamOptions } from './create-read-stream.js';
export { readFile } from './read-file.js';
export { streamOperations } from './stream-operations.js';
export { promises };
