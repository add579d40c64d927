/** `overlapped doctor`: the selector's report, for people or for programs. */
import os from 'node:os';
import { BACKEND_VARIABLE, type BackendsReport, describeBackends, formatReport } from '@overlapped/core';
import { coloursOf, write, writeJson } from '../output.js';

export interface DoctorOptions {
  readonly json?: true;
  /** The one that was named on the command line. */
  readonly backend?: string;
}

/** @returns the exit code: 1 if the backend asked for is not available */
export async function doctor(options: DoctorOptions): Promise<number> {
  const report = describeBackends();
  await (options.json ? writeJson(report) : write(page(report, options)));
  return report.chosen === undefined ? 1 : 0;
}

function page(report: BackendsReport, options: DoctorOptions): string {
  const { platform, arch, stdout } = process;
  const colours = coloursOf(stdout);
  const candidates = formatReport(report)
    .replaceAll('✔', colours.green('✔'))
    .replaceAll('✘', colours.red('✘'));
  const machine = `${platform} ${os.release()} ${arch}, ${report.host}`;
  return `${machine}\n\n${candidates}\n${verdict(report, options)}\n`;
}

function verdict({ chosen, decidedBy }: BackendsReport, { backend }: DoctorOptions): string {
  const variable = `${BACKEND_VARIABLE}=${process.env[BACKEND_VARIABLE] ?? ''}`;
  if (chosen === undefined) {
    return backend === undefined
      ? `${variable}: not available, so open() fails. Unset it to let the selector choose.`
      : `${backend} is not available, so open() with { backend: '${backend}' } fails.`;
  }
  if (backend !== undefined) return `open() uses ${chosen} (--backend ${backend}).`;
  return `open() uses ${chosen}${decidedBy === 'environment' ? ` (${variable})` : ''}.`;
}
