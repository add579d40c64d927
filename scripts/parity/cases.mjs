// The calls that are made of both, as tables: every method by every combination of its arguments' rows. Each row gives a
// fresh value, so that no call sees what another did to it.

import { inspect } from 'node:util';

export const SIZE = 10_000;

const bytes = (length) => new Uint8Array(length).fill(0xa5);
const view = (Kind, length = 64) => new Kind(bytes(length).buffer);

const VIEWS = {
  Buffer: () => Buffer.alloc(64, 0xa5),
  Uint8Array: () => bytes(64),
  Uint8ClampedArray: () => view(Uint8ClampedArray),
  Int8Array: () => view(Int8Array),
  Int16Array: () => view(Int16Array),
  Uint16Array: () => view(Uint16Array),
  Int32Array: () => view(Int32Array),
  Uint32Array: () => view(Uint32Array),
  Float32Array: () => view(Float32Array),
  Float64Array: () => view(Float64Array),
  BigInt64Array: () => view(BigInt64Array),
  BigUint64Array: () => view(BigUint64Array),
  DataView: () => view(DataView),
  'a part of a buffer': () => bytes(100).subarray(10, 74),
  'shared memory': () => new Uint8Array(new SharedArrayBuffer(64)).fill(0xa5),
};

const NO_VIEWS = {
  'an empty Buffer': () => Buffer.alloc(0),
  undefined: () => undefined,
  null: () => null,
  number: () => 64,
  string: () => 'x'.repeat(64),
  array: () => [1, 2, 3],
  'an ArrayBuffer': () => new ArrayBuffer(64),
  function: () => () => 64,
};

/** A part of the rows of a table. */
const only = (table, ...names) => Object.fromEntries(names.map((name) => [name, table[name]]));
const value = (...values) => Object.fromEntries(values.map((one) => [inspect(one), () => one]));

const OFFSETS = value(undefined, null, 0, 10, 63, 64, 65, -1, 1.5, NaN, Infinity, '5', true, 5n);
const LENGTHS = value(undefined, null, 0, 1, 54, 64, 65, -1);
/** Of these FileHandle's binding makes an assertion: each is asked of it in a process of its own. */
const FATAL_LENGTHS = value(1.5, NaN, '10', 10n);
const POSITIONS = value(undefined, null, 0, 100, SIZE - 10, SIZE, SIZE + 1, 2 ** 40, Number.MAX_SAFE_INTEGER);
const ODD_POSITIONS = value(
  -1,
  -5,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  '100',
  true,
  0n,
  100n,
  2n ** 40n,
  -1n,
  2n ** 63n,
);

const ENCODINGS = value(
  'utf8',
  'utf-8',
  'UTF8',
  'hex',
  'base64',
  'base64url',
  'latin1',
  'binary',
  'ascii',
  'utf16le',
  'ucs2',
);
const NO_ENCODINGS = value('no-such', '', 'buffer', 5, true);

/** What a stream or a text is asked for with: `name` as a property. */
const bag = (name, table) =>
  Object.fromEntries(
    Object.entries(table).map(([key, make]) => [`{ ${name}: ${key} }`, () => ({ [name]: make() })]),
  );

const LISTS = {
  'two views': () => [Buffer.alloc(10, 0xa5), new Uint16Array(10)],
  'no view': () => [],
  'an empty view': () => [Buffer.alloc(0)],
};

const SIGNALS = {
  'a signal': () => new AbortController().signal,
  'a fired signal': () => AbortSignal.abort(),
  5: () => 5,
  null: () => null,
};

/** Each method, and the tables of its arguments: it is called with every combination of their rows. */
export const METHODS = [
  { method: 'read', of: [VIEWS, value(undefined, 8), value(undefined, 16), value(undefined, 100)] },
  { method: 'read', of: [only(VIEWS, 'Buffer'), OFFSETS, LENGTHS, only(POSITIONS, 'undefined', '100')] },
  { method: 'read', of: [only(VIEWS, 'Buffer'), value(0), value(64), { ...POSITIONS, ...ODD_POSITIONS }] },
  { method: 'read', of: [NO_VIEWS, value(undefined, 0), value(undefined, 10)] },
  { method: 'read', of: [only(VIEWS, 'Buffer'), value(0), FATAL_LENGTHS], apart: true },
  { method: 'read', of: [only(VIEWS, 'Buffer', 'Float64Array'), bag('offset', OFFSETS)] },
  { method: 'read', of: [only(VIEWS, 'Buffer'), bag('length', LENGTHS)] },
  { method: 'read', of: [only(VIEWS, 'Buffer'), bag('position', { ...POSITIONS, ...ODD_POSITIONS })] },
  { method: 'read', of: [{ ...bag('buffer', { ...VIEWS, ...NO_VIEWS }), ...bag('position', POSITIONS) }] },
  { method: 'readv', of: [LISTS, { ...POSITIONS, ...ODD_POSITIONS }] },
  { method: 'readv', of: [{ ...NO_VIEWS, 'an array with a number': () => [Buffer.alloc(4), 4] }] },
  {
    method: 'readFile',
    of: [
      { ...ENCODINGS, ...NO_ENCODINGS, ...value(undefined, null), ...only(NO_VIEWS, 'function', 'array') },
    ],
  },
  {
    method: 'readFile',
    of: [
      {
        ...bag('encoding', { ...ENCODINGS, ...NO_ENCODINGS, ...value(undefined, null) }),
        ...bag('signal', SIGNALS),
      },
    ],
  },
  { method: 'stat', of: [{ ...value(undefined), ...bag('bigint', value(true, false, undefined)) }] },
  {
    method: 'createReadStream',
    of: [
      {
        ...value(undefined, null),
        ...bag('start', { ...only(POSITIONS, '0', '100', String(SIZE), 'null'), ...ODD_POSITIONS }),
        ...bag('end', { ...only(POSITIONS, '0', '100', String(SIZE), 'null'), ...ODD_POSITIONS }),
        ...bag('encoding', { ...ENCODINGS, ...NO_ENCODINGS, ...value(null) }),
        ...bag('highWaterMark', value(undefined, null, 1, 1000, 65_536, 0, -1, 1.5, NaN, '100')),
        ...bag('autoClose', value(true, false)),
        ...bag('emitClose', value(true, false)),
        ...bag('signal', SIGNALS),
        '{ start: 10, end: 5 }': () => ({ start: 10, end: 5 }),
        '{ start: 10, end: 10 }': () => ({ start: 10, end: 10 }),
        '{ fs: {} }': () => ({ fs: {} }),
      },
    ],
  },
  {
    method: 'readLines',
    of: [
      {
        ...value(undefined),
        ...bag('encoding', only(ENCODINGS, "'latin1'")),
        ...bag('start', value(0, 100, -1)),
      },
    ],
  },
  {
    method: 'readableWebStream',
    of: [{ "{ type: 'bytes' }": () => ({ type: 'bytes' }), '{ type: 5 }': () => ({ type: 5 }) }],
  },
  { method: 'close', of: [value(undefined)] },
];

/** What is done to the file before the call: nothing, a read that moves its position, or its close. */
export const STATES = {
  'a fresh file': async () => {},
  'after a read of 7 bytes': async (file) => void (await file.read(Buffer.alloc(7))),
  'a closed file': (file) => file.close(),
};
