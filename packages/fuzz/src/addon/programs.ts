/** Random calls of a raw addon, as plain data: the process that makes them may not survive them. */
import fc from 'fast-check';

export const CAPACITY = 4;
export const REQUEST_ENTRIES = 3 * CAPACITY;

/** What is passed where a number belongs. */
export type Argument = number | OddArgument;
export const ODD_ARGUMENTS = [
  ...['NaN', 'Infinity', '-Infinity', 'undefined', 'null', 'text', 'object', 'array', 'bigint', 'symbol'],
  ...['function', 'closes', 'submits', 'throws'],
] as const;
export type OddArgument = (typeof ODD_ARGUMENTS)[number];

/** What can be passed where the view of a slot's read belongs. */
export const PIN_KINDS = [
  ...['view', 'shared', 'DataView', 'Float64Array', 'empty', 'library', 'detached', 'shrunk'],
  ...['null', 'number', 'text', 'ArrayBuffer', 'proxy'],
] as const;
export type PinKind = (typeof PIN_KINDS)[number];

/** What `dispatch` does when completions come. */
export const DISPATCHES = ['nothing', 'closes', 'submits', 'cancels', 'throws'] as const;

/** Methods that some engine has; one that this engine lacks is not called. */
export const METHODS = [
  ...['submit', 'cancelAll', 'allocate', 'stats', 'close', 'issue'],
  ...['openAtOnce', 'addFile', 'fileMode', 'removeFile'],
  ...['openFileSync', 'openFile', 'bindFile', 'closeFile', 'statFile'],
] as const;

/** Options of createEngine that can't be right, or are odd. */
export const ODD_OPTIONS = [
  ...[
    'capacity 0',
    'capacity 1e9',
    'capacity closes',
    'queueEntries 0',
    'queueEntries 2^32 - 1',
    'no options',
  ],
  ...['tables of floats', 'tables too small', 'tables that can be detached', 'no dispatch'],
] as const;

export type Step =
  | { readonly do: 'write'; readonly entry: number; readonly words: readonly number[] }
  | { readonly do: 'submit'; readonly first: number; readonly count: number }
  | {
      readonly do: 'call';
      readonly method: (typeof METHODS)[number];
      readonly args: readonly Argument[];
      readonly wrongThis: boolean;
    }
  | { readonly do: 'pin'; readonly slot: number; readonly kind: PinKind; readonly bytes: number }
  | { readonly do: 'detach'; readonly pick: number }
  | { readonly do: 'create'; readonly option: (typeof ODD_OPTIONS)[number] }
  | { readonly do: 'turn' }
  | { readonly do: 'collect' };

export interface AddonProgram {
  readonly dispatch: (typeof DISPATCHES)[number];
  readonly steps: readonly Step[];
}

const UINT32_MAX = 0xffff_ffff;

const words = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 5 }) },
  { weight: 3, arbitrary: fc.nat({ max: 5000 }) },
  { weight: 1, arbitrary: fc.constantFrom(CAPACITY, 0x7fff_ffff, 0x8000_0000, UINT32_MAX - 1, UINT32_MAX) },
);

/** Mostly reads that are nearly right: a request that is wrong in every word gets nowhere. */
const requests = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 1, 1, 2, 257, 769) }, { weight: 1, arbitrary: words }),
  fc.oneof({ weight: 8, arbitrary: fc.nat({ max: CAPACITY }) }, { weight: 1, arbitrary: words }),
  fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: words }),
  fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: words }),
  words,
  words,
  fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 9000 }) }, { weight: 1, arbitrary: words }),
  fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: words }),
);

const args = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.nat({ max: 8 }) },
    { weight: 2, arbitrary: fc.constantFrom(-1, -2, 0.5, 4096, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53, 1e300) },
    { weight: 3, arbitrary: fc.constantFrom(...ODD_ARGUMENTS) },
  ),
  { maxLength: 8 },
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('write'),
      entry: fc.nat({ max: REQUEST_ENTRIES - 1 }),
      words: requests,
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('submit'),
      first: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: words }),
      count: fc.oneof(
        { weight: 4, arbitrary: fc.nat({ max: REQUEST_ENTRIES }) },
        { weight: 1, arbitrary: words },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call'),
      method: fc.constantFrom(...METHODS),
      args,
      wrongThis: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('pin'),
      slot: fc.nat({ max: CAPACITY - 1 }),
      kind: fc.constantFrom(...PIN_KINDS, 'view', 'view', 'view'),
      bytes: fc.nat({ max: 8192 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('detach'), pick: fc.nat({ max: 7 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('create'), option: fc.constantFrom(...ODD_OPTIONS) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collect') }) },
);

export const addonPrograms: fc.Arbitrary<AddonProgram> = fc.record({
  dispatch: fc.constantFrom(...DISPATCHES),
  steps: fc.array(steps, { maxLength: 50, size: 'max' }),
});
