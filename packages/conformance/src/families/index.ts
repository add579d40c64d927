/** The families of behaviours, in the order in which they run. */
import type { Family } from '../context.js';
import { DOCUMENT_FAMILIES } from './document/index.js';
import { FILE_FAMILIES } from './file/index.js';

/** Every family by the title of its suite. */
export const FAMILIES: Readonly<Record<string, Family>> = { ...DOCUMENT_FAMILIES, ...FILE_FAMILIES };
