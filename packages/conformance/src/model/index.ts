/**
 * `@overlapped/conformance/model`: random programs against a model, for any backend.
 *
 * @packageDocumentation
 */
export { type Failure, fuzz, type FuzzOptions, type FuzzResult, type ReadTally } from './fuzz.js';
export { faulty, type MakeSubject, plain, stepwise } from './subjects.js';
export type { OpenFile, Subject } from './world.js';
