/** The command line of `pnpm bench`. */
import { BACKEND_VARIABLE } from '@overlapped/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { MOST_REPETITIONS } from './goals.js';
import { parseSize } from './sizes.js';
import type { Suite } from './workloads.js';

export interface Options {
  readonly file?: string;
  readonly size?: number;
  readonly quick: boolean;
  readonly goals: boolean;
  readonly workload?: readonly string[];
  readonly peer?: readonly string[];
  readonly repetitions?: number;
  readonly json?: string;
  readonly html?: string;
  readonly charts?: string;
  readonly label?: string;
  readonly list: boolean;
}

export interface SuitePlan {
  /** Size of the file that is made. */
  readonly bytes: number;
  readonly repetitions: number;
}

export const SUITES: Readonly<Record<Suite, SuitePlan>> = {
  full: { bytes: 2 ** 30, repetitions: 5 },
  goals: { bytes: 2 ** 30, repetitions: 5 },
  quick: { bytes: 2 ** 28, repetitions: 3 },
};

export function suiteOf({ quick, goals }: Pick<Options, 'quick' | 'goals'>): Suite {
  if (goals) return 'goals';
  return quick ? 'quick' : 'full';
}

function sizeArgument(text: string): number {
  try {
    return parseSize(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function countArgument(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It is 1 or more.');
  return count;
}

export interface Actions {
  readonly measure: (options: Options) => Promise<void>;
  readonly compare: (a: string, b: string) => void;
}

/** A call that can't be understood ends the process with 2. */
export function program({ measure, compare }: Actions): Command {
  const bench = new Command('bench')
    .description(
      'Measures reads of this library beside node:fs and fio, interleaved, each in its own process.',
    )
    .option('--quick', 'each kind of workload once, a fifth of the work, 3 repetitions', false)
    .addOption(
      new Option('--goals', 'only what the goals are about; exit code 1 where one is not reached')
        .default(false)
        .conflicts(['quick', 'workload', 'peer']),
    )
    .option('--workload <names...>', 'only these workloads (see --list); a beginning of the name will do')
    .option('--peer <names...>', 'only these peers (see --list); `readAt` means on every backend')
    .option(
      '--repetitions <count>',
      `default 5, with --quick 3, with --goals up to ${MOST_REPETITIONS} of what 5 leave open`,
      countArgument,
    )
    .option('--file <path>', 'read this file instead of one that the benchmark makes')
    .option(
      '--size <bytes>',
      'size of the file to make: 256M, 1G (default 1G, with --quick 256M)',
      sizeArgument,
    )
    .option('--json <path>', 'where machine and raw repetitions go (default: bench-results/DATE.json)')
    .option('--html <path>', 'where the report goes (default: beside the JSON)')
    .option('--charts <dir>', 'write a bar chart of each workload there, as SVG')
    .option('--label <text>', 'a remark on the run, kept in everything that it writes')
    .option('--list', 'print workloads and peers, and stop', false)
    .addHelpText(
      'after',
      '\nExit code: 0, 1 if a measurement failed or a goal is not reached, 2 for a call that is wrong.',
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(measure);
  bench
    .command('compare <A.json> <B.json>')
    .description('sets the results of two runs beside each other')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(compare);
  return bench;
}

/** The command that gives such a run again. Paths are left out: they say more about a person than about the run. */
export function commandOf(options: Options): string {
  const { quick, goals, workload, peer, repetitions, file, size } = options;
  const backend = process.env[BACKEND_VARIABLE];
  return [
    ...(backend === undefined ? [] : [`${BACKEND_VARIABLE}=${backend}`]),
    'pnpm bench',
    ...(quick ? ['--quick'] : []),
    ...(goals ? ['--goals'] : []),
    ...(workload === undefined ? [] : ['--workload', ...workload]),
    ...(peer === undefined ? [] : ['--peer', ...peer]),
    ...(repetitions === undefined ? [] : ['--repetitions', repetitions]),
    ...(file === undefined ? [] : ['--file FILE']),
    ...(size === undefined ? [] : ['--size', size]),
  ].join(' ');
}
