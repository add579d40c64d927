/**
 * `@overlapped/core/fs/promises`: node:fs/promises, with `open` for reading and `readFile` through this library.
 *
 * ```ts
 * import { open } from '@overlapped/core/fs/promises'; // was: from 'node:fs/promises'
 * ```
 */
import * as api from './promises-api.js';

export * from './promises-api.js';
export default api;
