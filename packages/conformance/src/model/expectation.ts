/** What one call may come to, and the check of what it came to. */
import assert from 'node:assert/strict';
import { available } from '../families/file/subject.js';
import type { FileModel } from './file-model.js';

export interface Span {
  readonly position: number;
  readonly length: number;
}

/** `some`: any part of what there is, but none only where there is none (R62). Otherwise an EofPolicy. */
export type Amount = 'some' | 'clamp' | 'error';

/** Who reads: an open file, here or in a worker. */
export interface Reader {
  readonly model: FileModel;
  closed: boolean;
}

export interface Expectation {
  readonly reader: Reader;
  readonly spans: readonly Span[];
  readonly amount: Amount;
  /** The file's version when the call was made. */
  readonly version: number;
  /** The code it must fail with, since no read can have begun: the signal had fired, or the file was closed. */
  readonly mustFail: readonly string[];
  aborted: boolean;
  /** The memory was transferred away by its owner. */
  moved: boolean;
  /** The worker that made the call was terminated. */
  terminated: boolean;
}

/** A worker that is terminated takes its reads with it. */
export const TERMINATED = 'TERMINATED';

const isShort = ({ reader, version, spans }: Expectation): boolean =>
  reader.model
    .since(version)
    .some((content) =>
      spans.some(({ position, length }) => available(content.byteLength, position, length) < length),
    );

/** Each lawful failure, and when it is lawful. */
const LAWFUL: Readonly<Record<string, (expected: Expectation) => boolean>> = {
  ABORT_ERR: ({ aborted }) => aborted,
  EBADF: ({ reader }) => reader.closed,
  ECANCELED: ({ reader }) => reader.closed,
  ERR_STREAM_PREMATURE_CLOSE: ({ reader }) => reader.closed,
  ERR_INVALID_STATE: ({ moved }) => moved,
  ERR_INVALID_ARG_VALUE: ({ moved }) => moved, // found when a short read is to be finished
  ERR_OVERLAPPED_UNEXPECTED_EOF: (expected) => expected.amount === 'error' && isShort(expected),
  [TERMINATED]: ({ terminated }) => terminated,
};

/** @throws the error, unless the model knows why it had to come */
export function checkFailure(expected: Expectation, error: unknown): void {
  const code = String((error as NodeJS.ErrnoException).code);
  const { mustFail } = expected;
  if (mustFail.includes(code)) return;
  if (mustFail.length > 0) throw error;
  if (LAWFUL[code]?.(expected) !== true) throw error;
}

/** The bytes must be the file's, and as many as the sizes that the call may have met allow. */
export function checkBytes(expected: Expectation, parts: readonly Uint8Array[]): void {
  const { mustFail, reader, spans, version, amount } = expected;
  assert(mustFail.length === 0, `it succeeded, but had to fail with ${mustFail.join(' or ')}`);
  assert.equal(parts.length, spans.length);
  const versions = reader.model.since(version);
  spans.forEach((span, i) => checkSpan(versions, amount, span, parts[i] as Uint8Array));
}

function checkSpan(
  versions: readonly Buffer[],
  amount: Amount,
  { position, length }: Span,
  bytes: Uint8Array,
): void {
  const counts = versions.map((content) => available(content.byteLength, position, length));
  const least = Math.min(...counts);
  const wanted = { some: Math.min(1, least), clamp: least, error: length }[amount];
  const count = bytes.byteLength;
  const sizes = [...new Set(versions.map((content) => content.byteLength))].join(', ');
  const where = `${count} bytes of ${length} at ${position}, file of ${sizes}`;
  assert(count <= Math.max(...counts), `too many: ${where}`);
  assert(count >= wanted, `too few: ${where}`);
  if ((versions[0] as Buffer).subarray(position, position + count).equals(bytes)) return;
  // Between cut and grown again, the rest of a page is zero for a moment.
  const cut = versions.some(
    (content, i) => i > 0 && content.byteLength < (versions[i - 1] as Buffer).byteLength,
  );
  const wrong = bytes.findIndex(
    (byte, i) => !versions.some((content) => content[position + i] === byte) && !(cut && byte === 0),
  );
  assert(wrong < 0, `byte ${wrong} is ${bytes[wrong]}, which the file never had there: ${where}`);
}
