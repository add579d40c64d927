/** The families of behaviours, in the order in which they run: one file each. */
import type { Family } from '../context.js';
import { DOCUMENT_FAMILIES } from './document/index.js';
import { offsets } from './offsets.js';

export const FAMILIES: Readonly<Record<string, Family>> = {
  ...DOCUMENT_FAMILIES,
  offsets,
};
