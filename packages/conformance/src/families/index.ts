/** The families of behaviours, in the order in which they run: one file each. */
import type { Family } from '../context.js';
import { offsets } from './offsets.js';

export const FAMILIES: Readonly<Record<string, Family>> = {
  offsets,
};
