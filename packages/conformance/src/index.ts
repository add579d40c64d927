/**
 * `@overlapped/conformance`: the contract as a mocha suite.
 *
 * ```ts
 * describeBackend('my-backend', () => new MyBackend());
 * ```
 *
 * @packageDocumentation
 */
import { type BackendFactory, ConformanceContext } from './context.js';
import { FAMILIES } from './families/index.js';

export { type BackendFactory, type BackendOptions, ConformanceContext, type Family } from './context.js';
export { Fixtures, pattern, patternByte } from './fixtures.js';
export { interpose } from './interpose.js';
export { type PendingSource } from './pending-source.js';
export { REQUIREMENT_CHAPTERS, REQUIREMENTS, type Chapter, type Requirement } from './requirements.js';
export { DEVICE_ERROR, EXHAUSTED, type Fault, type FaultOptions, FaultyBackend } from './faults.js';
export { requiredOnLinux, skipUnless, whereLoaded } from './skip.js';
export { describeFileHandle } from './file-handle.js';
export { FAMILIES } from './families/index.js';

/** Registers every family of behaviours for one backend. */
export function describeBackend(name: string, factory: BackendFactory): void {
  describe(`backend ${name}`, () => {
    const context = new ConformanceContext(name, factory);
    afterEach(() => context.settle());
    after(() => context.dispose());
    for (const [title, family] of Object.entries(FAMILIES)) describe(title, () => family(context));
  });
}
