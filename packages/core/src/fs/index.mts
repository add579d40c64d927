export * from 'node:fs';
export { createReadStream, default, promises, readFile, streamOperations } from './index.js';
export type { CreateReadStreamOptions } from './index.js';
