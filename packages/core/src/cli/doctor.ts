/** `overlapped doctor`: the selector's report, for people or for programs. */
import os from 'node:os';
import { hostName } from '../selector/hosts.js';
import { BACKEND_VARIABLE, type BackendsReport, describeBackends } from '../selector/index.js';

const MARKS = { chosen: '✔', idle: '·', refused: '✘' } as const;

/** The report as the doctor prints it: a line for each candidate, and what to do about each refusal. */
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

/** Prints the report. @returns the exit code: 1 if the backend asked for is not available */
export function doctor(json: boolean): number {
  const report = describeBackends();
  if (json) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const { platform, arch } = process;
    process.stdout.write(`${platform} ${os.release()} ${arch}, ${hostName()}\n\n${formatReport(report)}\n`);
    process.stdout.write(`${verdict(report)}\n`);
  }
  return report.chosen === undefined ? 1 : 0;
}

function verdict({ chosen, decidedBy }: BackendsReport): string {
  const asked = `${BACKEND_VARIABLE}=${process.env[BACKEND_VARIABLE] ?? ''}`;
  if (chosen === undefined)
    return `${asked}: not available, so open() fails. Unset it to let the selector choose.`;
  return `open() uses ${chosen}${decidedBy === 'environment' ? ` (${asked})` : ''}.`;
}
