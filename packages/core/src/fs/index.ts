/**
 * `@overlapped/core/fs`: node:fs, in which `createReadStream`, `readFile`, `promises.open` and `promises.readFile` read
 * through this library, and all else is node:fs's own.
 *
 * ```ts
 * import { createReadStream } from '@overlapped/core/fs'; // was: from 'node:fs'
 * ```
 */
import * as api from './callback-api.js';

export * from './callback-api.js';
export default api;
