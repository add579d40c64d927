/** The selector's report for people: what `overlapped doctor` prints. */
import type { BackendsReport } from './index.js';

const MARKS = { chosen: '✔', idle: '·', refused: '✘' } as const;

/** A line for each candidate, and what to do about each refusal. */
export function formatReport(report: BackendsReport): string {
  const width = Math.max(...report.candidates.map(({ name }) => name.length));
  const lines = report.candidates.flatMap(({ name, status, code, message, remedy }) => {
    const reason = status === 'refused' ? `${code}: ${message}` : message;
    const line = `  ${MARKS[status]} ${name.padEnd(width)}  ${status.padEnd(7)}  ${reason}`;
    const indent = ' '.repeat(width + 15);
    return remedy === '' ? [line] : [line, `${indent}what to do: ${remedy}`];
  });
  return `${lines.join('\n')}\n`;
}
