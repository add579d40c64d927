/** The file API's families and the streams', in the order in which they run. */
import type { Family } from '../../context.js';
import { buffers } from './buffers.js';
import { chunks } from './chunks.js';
import { close } from './close.js';
import { concurrency } from './concurrency.js';
import { counters } from './counters.js';
import { cursor } from './cursor.js';
import { direct } from './direct.js';
import { endurance } from './endurance.js';
import { environments } from './environments.js';
import { eof } from './eof.js';
import { errors } from './errors.js';
import { eventLoop } from './event-loop.js';
import { faults } from './faults.js';
import { fuzz } from './fuzz.js';
import { lengths } from './lengths.js';
import { lifecycle } from './lifecycle.js';
import { lines } from './lines.js';
import { offsets } from './offsets.js';
import { positions } from './positions.js';
import { pressure } from './pressure.js';
import { ranges } from './ranges.js';
import { readStream } from './read-stream.js';
import { shapes } from './shapes.js';
import { signals } from './signals.js';
import { streamEvents } from './stream-events.js';
import { streamOptions } from './stream-options.js';
import type { CommonFamily } from './subject.js';
import { tracing } from './tracing.js';
import { webStream } from './web-stream.js';

/** What Node's FileHandle does as well: these families run on it too, see `describeFileHandle`. */
export const COMMON_FAMILIES: Readonly<Record<string, CommonFamily>> = {
  offsets,
  eof,
  lengths,
  concurrency,
  errors,
  buffers,
  shapes,
  cursor,
  close,
  createReadStream: readStream,
  'stream events': streamEvents,
  readLines: lines,
  readableWebStream: webStream,
  lifecycle,
  'event loop': eventLoop,
};

export const FILE_FAMILIES: Readonly<Record<string, Family>> = {
  ...COMMON_FAMILIES,
  positions,
  signals,
  'readExactly and readMany': ranges,
  chunks,
  'stream options': streamOptions,
  direct,
  faults,
  counters,
  tracing,
  pressure,
  environments,
  fuzz,
  endurance,
};
