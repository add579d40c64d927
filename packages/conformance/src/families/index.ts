/** The families of behaviours, in the order in which they run. */
import type { Family } from '../context.js';
import { FILE_FAMILIES } from './file/index.js';

export const FAMILIES: Readonly<Record<string, Family>> = {
  ...FILE_FAMILIES,
};
