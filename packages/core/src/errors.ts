/**
 * One error space for every backend (R16, R17, contract table 5.4).
 *
 * Below L1 an error is a Win32 number, whatever the kernel, so that a program written against the document
 * (`errorCode === ERROR_HANDLE_EOF`) runs unchanged. L1 turns that number into Node's form: a `code` that is
 * the same on every backend, with the raw number kept in `native`.
 */
import { getSystemErrorMap, inspect } from 'node:util';

/** Whose numbers a raw error is in. `uv` is libuv's, as `node:fs` reports it. */
export type NativeErrorKind = 'errno' | 'win32' | 'uv';

/** The error exactly as the operating system gave it. Never dropped, also where `code` says less. */
export interface NativeError {
  /** Whose number it is. */
  readonly kind: NativeErrorKind;
  /** The number itself: positive for `errno` and `win32`, negative for `uv`. */
  readonly code: number;
}

/** One neutral code, the Win32 numbers that mean it, and the Linux errnos that mean it. */
interface ErrorRow {
  readonly code: string;
  /** The first one stands for the code on systems that have no Win32 numbers. */
  readonly win32: readonly [number, ...number[]];
  readonly errno: readonly number[];
}

const ROWS: readonly ErrorRow[] = [
  { code: 'ENOENT', win32: [2, 3, 123, 161], errno: [2] },
  { code: 'ENOTDIR', win32: [267], errno: [20] },
  { code: 'ENAMETOOLONG', win32: [206], errno: [36] },
  { code: 'ELOOP', win32: [1921], errno: [40] },
  { code: 'EACCES', win32: [5], errno: [13, 1] },
  { code: 'EISDIR', win32: [1], errno: [21] },
  { code: 'EBUSY', win32: [32, 33], errno: [16, 26] },
  { code: 'EBADF', win32: [6], errno: [9] },
  { code: 'EINVAL', win32: [87], errno: [22] },
  { code: 'ENOTSUP', win32: [50], errno: [95] },
  { code: 'ECANCELED', win32: [995], errno: [125] },
  { code: 'EFAULT', win32: [998], errno: [14] },
  { code: 'EAGAIN', win32: [232], errno: [] },
  { code: 'ENOBUFS', win32: [1784, 1450, 1453, 1816], errno: [11, 105] },
  { code: 'ENOMEM', win32: [8, 14, 1455], errno: [12] },
  { code: 'EMFILE', win32: [4], errno: [24, 23] },
  { code: 'EIO', win32: [1117, 21, 23, 31, 1392, 1393], errno: [5, 117, 123] },
  { code: 'ESTALE', win32: [1006], errno: [116] },
  { code: 'ETIMEDOUT', win32: [121], errno: [110] },
  { code: 'ECONNRESET', win32: [64], errno: [104] },
  { code: 'ESPIPE', win32: [25], errno: [29] },
  { code: 'ENODEV', win32: [55], errno: [6, 19] },
  { code: 'EPIPE', win32: [109, 233], errno: [32] },
];

/** What an error number that no row names becomes: ERROR_GEN_FAILURE, with the raw number beside it. */
const WIN32_UNKNOWN = 31;

const codeByWin32 = new Map(ROWS.flatMap((row) => row.win32.map((n) => [n, row.code] as const)));
const codeByErrno = new Map(ROWS.flatMap((row) => row.errno.map((n) => [n, row.code] as const)));
const win32ByErrno = new Map(ROWS.flatMap((row) => row.errno.map((n) => [n, row.win32[0]] as const)));
const win32ByCode = new Map(ROWS.map((row) => [row.code, row.win32[0]]));
// node:fs on Windows says EPERM where a handle may not be opened; the table has one code for "not allowed".
win32ByCode.set('EPERM', 5).set('ETXTBSY', 32);

/** The Win32 number that stands for a positive Linux errno (R17); 31 where the table has no row. */
export function win32FromErrno(errno: number): number {
  return win32ByErrno.get(errno) ?? WIN32_UNKNOWN;
}

/**
 * The Win32 number that stands for an error of `node:fs`; 31 where there is none. On Linux by its number, which libuv
 * negates: libuv has no names for some, such as ESTALE and EUCLEAN, and keeps others apart that are one to us.
 */
export function win32FromNodeError({ code = '', errno }: NodeJS.ErrnoException): number {
  if (process.platform === 'linux' && errno !== undefined) return win32FromErrno(-errno);
  return win32ByCode.get(code) ?? WIN32_UNKNOWN;
}

/** name → libuv number and sentence, as `node:util` knows them on this platform. */
const systemErrors = new Map(
  [...getSystemErrorMap()].map(([errno, [name, text]]) => [name, { errno, text }]),
);

/** Sentences for codes that libuv does not know. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['ESTALE', 'the file is not what it was when it was opened; open it again'],
]);

/** The neutral code of a failed read: from the table, else the system's own name, else `EUNKNOWN`. */
export function codeOf(win32: number, native?: NativeError): string {
  if (native?.kind === 'errno') {
    return codeByErrno.get(native.code) ?? getSystemErrorMap().get(-native.code)?.[0] ?? 'EUNKNOWN';
  }
  if (native?.kind === 'uv' && win32 === WIN32_UNKNOWN) {
    return getSystemErrorMap().get(native.code)?.[0] ?? 'EUNKNOWN';
  }
  return codeByWin32.get(win32) ?? 'EUNKNOWN';
}

/** An I/O error in Node's form, plus where the read was and what the operating system said. */
export interface OverlappedError extends NodeJS.ErrnoException {
  /** One name for the same thing on every backend, such as `EIO` (R3); docs/contract.md has the table. */
  code: string;
  /** libuv's negative number of `code`, as node:fs gives it. */
  errno: number;
  /** The operation that failed: `open`, `read`, `fstat`, `bind` or `close`. */
  syscall: string;
  /** The file's path as it was opened. */
  path?: string;
  /** Byte position of the failed read. */
  position?: number | bigint;
  /** Name of the backend that read. */
  backend?: string;
  /** The Win32 number that the document layer reported (R17). */
  win32Code: number;
  /** The number as the operating system gave it, where there was one. */
  native?: NativeError;
}

/** What is known of a failure when its error is made. */
export interface FailureContext {
  /** The operation that failed. */
  readonly syscall: string;
  /** The Win32 number that stands for the failure. */
  readonly win32: number;
  /** The system's own number. */
  readonly native?: NativeError | undefined;
  /** The neutral code; default: the one of `win32` and `native`. */
  readonly code?: string | undefined;
  /** The file's path as it was opened. */
  readonly path?: string | undefined;
  /** Byte position of the read. */
  readonly position?: number | bigint | undefined;
  /** Name of the backend. */
  readonly backend?: string | undefined;
  /** A sentence that says more than the system's own, or what to do next. */
  readonly detail?: string | undefined;
}

/** Builds the error of a failed system call (R3): `EIO: i/o error, read '/data/a' at 4096 (io_uring, errno 5)`. */
export function systemError(context: FailureContext): OverlappedError {
  const code = context.code ?? codeOf(context.win32, context.native);
  const known = systemErrors.get(code);
  const where = [
    context.path === undefined ? '' : ` '${context.path}'`,
    context.position === undefined ? '' : ` at ${context.position}`,
  ].join('');
  const raw = context.native === undefined ? '' : `${context.native.kind} ${context.native.code}`;
  const by = [context.backend, raw].filter(Boolean).join(', ');
  const text = context.detail ?? known?.text ?? SENTENCES.get(code) ?? 'unknown error';
  const message = `${code}: ${text}, ${context.syscall}${where}${by === '' ? '' : ` (${by})`}`;
  const error = new Error(message) as OverlappedError;
  Error.captureStackTrace(error, systemError);
  error.code = code;
  error.errno = known?.errno ?? -Math.abs(context.native?.code ?? context.win32);
  error.syscall = context.syscall;
  error.win32Code = context.win32;
  if (context.path !== undefined) error.path = context.path;
  if (context.position !== undefined) error.position = context.position;
  if (context.backend !== undefined) error.backend = context.backend;
  if (context.native !== undefined) error.native = context.native;
  return error;
}

type CodedError<E extends Error> = E & { code: string };

/** Gives an error its code. */
export function codedError<E extends Error>(error: E, code: string): CodedError<E> {
  return Object.assign(error, { code });
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  // What is left: string, number, bigint, boolean, symbol. inspect writes each as the language does.
  const text = inspect(value);
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

/** `ERR_INVALID_ARG_TYPE`, worded as Node words it. */
export function invalidArgType(name: string, expected: string, actual: unknown): CodedError<TypeError> {
  return codedError(
    new TypeError(`The "${name}" argument must be ${expected}. Received ${describe(actual)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** `ERR_INVALID_ARG_VALUE`: the type is right, the value can't be used. */
export function invalidArgValue(name: string, reason: string): CodedError<TypeError> {
  return codedError(new TypeError(`The argument '${name}' ${reason}`), 'ERR_INVALID_ARG_VALUE');
}

/** `ERR_OUT_OF_RANGE`, worded as Node words it. */
export function outOfRange(name: string, range: string, actual: number | bigint): CodedError<RangeError> {
  const received = typeof actual === 'bigint' ? `${actual}n` : String(actual);
  return codedError(
    new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${received}`),
    'ERR_OUT_OF_RANGE',
  );
}

/** `ERR_INVALID_STATE`: the object can't do this now (packed twice, freed twice, detached, ...). */
export function invalidState(message: string): CodedError<Error> {
  return codedError(new Error(`Invalid state: ${message}`), 'ERR_INVALID_STATE');
}

/**
 * Node's `AbortError`; `cause` is the signal's reason (R66). It has no stack: that would say where the completion was taken,
 * and cost more than all else where one signal ends thousands of reads. The reason has its own.
 */
export function abortError(signal: AbortSignal | undefined): CodedError<Error> {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0); // it may be frozen
  const error = new Error('The operation was aborted', { cause: signal?.reason });
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  error.name = 'AbortError';
  return codedError(error, 'ABORT_ERR');
}
