/** The document layer's families, in the order in which they run. */
import type { Family } from '../../context.js';
import { bind } from './bind.js';
import { callback } from './callback.js';
import { cancel } from './cancel.js';
import { closeAndDrain } from './close.js';
import { exhaustion } from './exhaustion.js';
import { issue } from './issue.js';
import { lifetimes } from './lifetimes.js';
import { openFamily } from './open.js';
import { pack } from './pack.js';
import { pins } from './pins.js';
import { positions } from './positions.js';
import { preAllocated } from './pre-allocated.js';
import { processes } from './processes.js';
import { scripted } from './scripted.js';
import { outcomes } from './tally.js';

export const DOCUMENT_FAMILIES: Readonly<Record<string, Family>> = {
  'document: open': openFamily,
  'document: bind': bind,
  'document: callback': callback,
  'document: pack and free': pack,
  'document: pre-allocated overlappeds': preAllocated,
  'document: issue': issue,
  'document: issue, outcomes by script': scripted,
  'document: positions': positions,
  'document: pins': pins,
  'document: lifetimes': lifetimes,
  'document: cancel': cancel,
  'document: close and drain': closeAndDrain,
  'document: exhaustion': exhaustion,
  'document: processes': processes,
  'document: outcomes': outcomes,
};
