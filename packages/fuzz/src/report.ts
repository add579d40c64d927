/** A failure, for people. */
import type { Failure } from '@overlapped/conformance/model';
import { inspect } from 'node:util';

/** The steps of the shortest program, numbered, and what was wrong. */
export function failureReport(
  what: string,
  { steps, error, shrinks }: Pick<Failure, 'steps' | 'error' | 'shrinks'>,
): string {
  const lines = steps.map((step, i) => `${String(i + 1).padStart(4)}. ${step}`);
  return [
    `FAILED: ${what}; the shortest of ${shrinks + 1} that fail:`,
    ...lines,
    typeof error === 'string' ? error : inspect(error),
  ].join('\n');
}
