/** A failure, for people. */
import type { Failure } from '@overlapped/conformance/model';
import { inspect } from 'node:util';

/** The steps of the shortest program, numbered, and what was wrong. */
export function failureReport(
  what: string,
  { steps, error, shrinks }: Pick<Failure, 'steps' | 'error' | 'shrinks'>,
): string {
  const lines = steps.map((step, i) => `${String(i + 1).padStart(4)}. ${step}`);
  return [`FAILED: ${what}; the shortest of ${shrinks + 1} that fail:`, ...lines, inspect(error)].join('\n');
}

/** The command that runs a program again. */
export function reproduction(options: {
  readonly backend: string;
  readonly faults: boolean;
  readonly seed: number;
  readonly path: string;
}): string {
  const { backend, faults, seed, path } = options;
  return `pnpm fuzz --backend ${backend} ${faults ? '--faults' : '--no-faults'} --seed ${seed} --path "${path}"`;
}
