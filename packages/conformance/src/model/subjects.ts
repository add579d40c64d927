/** What programs run against: a backend as it is, one that goes wrong, one whose reads end in the program's own order. */
import fc from 'fast-check';
import type { Backend } from '@overlapped/core/backend';
import { DEVICE_ERROR, type Fault, FaultyBackend } from '../faults.js';
import { StepwiseBackend } from '../stepwise-backend.js';
import type { Subject } from './world.js';

/** How the reads of one program end, in turn; most go well, so that programs get somewhere. */
export type Faults = readonly (Fault | undefined)[];

const shortReads = fc.constantFrom(17, 4096, 5000).map((bytes): Fault => ({ kind: 'short', bytes }));

export const faultSequences: fc.Arbitrary<Faults> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: shortReads },
    { weight: 1, arbitrary: fc.constantFrom<Fault[]>({ kind: 'wait' }, { kind: 'late' }, DEVICE_ERROR) },
  ),
  { minLength: 1, maxLength: 40 },
);

/** A program's subject, and what to do when the program is over. */
export interface SubjectUse {
  readonly subject: Subject;
  /** @throws if files or reads were left */
  readonly dispose: () => Promise<void>;
}

/** Makes what one program reads through, given the faults that its reads meet. */
export type MakeSubject = (faults: Faults) => SubjectUse;

/** The backend as it is, the same one for every program. */
export function plain(backend: Backend, options: Pick<Subject, 'workers' | 'direct'>): MakeSubject {
  return () => ({ subject: { backend, ...options }, dispose: () => Promise.resolve() });
}

/** A backend of its own for each program, with few slots, whose reads are short, late, waiting or failing. */
export function faulty(createBackend: () => Backend, capacity = 2): MakeSubject {
  return (faults) => {
    const inner = createBackend();
    const backend = withFaults(inner, faults, capacity);
    return { subject: { backend, inner, faulty: backend }, dispose: () => backend.close() };
  };
}

/** The same over a backend whose reads end one by one, in the order in which the program says so. */
export function stepwise(around: (inner: Backend) => Backend = (inner) => inner): MakeSubject {
  return (faults) => {
    const steps = new StepwiseBackend(4);
    const backend = withFaults(around(steps), faults, steps.capacity);
    const subject = { backend, inner: steps, faulty: backend, stepwise: steps };
    return { subject, dispose: () => backend.close() };
  };
}

function withFaults(inner: Backend, faults: Faults, capacity: number): FaultyBackend {
  return new FaultyBackend(inner, {
    capacity,
    decide: (_read, number) => faults[number % faults.length],
  });
}
