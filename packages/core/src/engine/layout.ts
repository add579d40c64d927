/** Refuses an addon that was compiled against other tables than this package's. */
import { Completion, Limit, Request, Status } from './tables.js';

const OURS: readonly number[] = [Request.Words, Completion.Words, Status.Words, Limit.Submission];

/** @returns a refusal, or undefined when the layouts agree */
export function checkLayout(
  name: string,
  layout: readonly number[],
): { code: string; message: string; remedy: string } | undefined {
  if (layout.length === OURS.length && layout.every((number, i) => number === OURS[i])) return undefined;
  return {
    code: 'version-mismatch',
    message: `${name} was built for another version of @overlapped/core (tables ${layout.join('/')}, not ${OURS.join('/')})`,
    remedy: `install the same version of @overlapped/core and ${name}`,
  };
}
