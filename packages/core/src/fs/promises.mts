export * from 'node:fs/promises';
export { default, open, readFile } from './promises.js';
