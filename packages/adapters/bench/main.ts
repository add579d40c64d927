/** `pnpm bench:adapters`: each adapter beside the reader of files that its package has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends } from '@overlapped/core';
import { configure } from '@zip.js/zip.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measure, type Outcome, type Spread } from './measure.js';
import { type Workload, WORKLOADS } from './workloads.js';

interface Options {
  readonly only?: readonly string[];
  readonly repetitions: number;
}

function countArgument(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It is 1 or more.');
  return count;
}

function format({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}..${max.toFixed(2)})`;
}

function lines({ name, title, peer }: Workload, { milliseconds, speed, cpu }: Outcome): string {
  const times = `adapter ${milliseconds.ours.toFixed(0)} ms, ${peer} ${milliseconds.theirs.toFixed(0)} ms`;
  return `${name}: ${title}\n    ${times}; speed ${format(speed)}, CPU time ${format(cpu)}`;
}

async function bench({ only, repetitions }: Options): Promise<void> {
  configure({ useWebWorkers: false }); // zip.js: what is measured is the reading
  console.log(
    `Node.js ${process.version}, open() uses ${describeBackends().chosen ?? 'no backend'}; cached files`,
  );
  console.log(
    'Medians; ratios of the adapter to what is beside it, with their (min..max) over pairs of runs',
  );
  const directory = mkdtempSync(join(tmpdir(), 'overlapped-adapters-'));
  try {
    for (const workload of WORKLOADS.filter(({ name }) => only?.includes(name) ?? true)) {
      const path = join(directory, workload.name);
      await workload.prepare(path);
      console.log(lines(workload, await measure(workload, path, repetitions)));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const names = WORKLOADS.map(({ name }) => name);
void new Command('bench:adapters')
  .description('Measures each adapter beside the reader of files that its package has, in turns.')
  .addOption(new Option('--only <names...>', 'only these workloads').choices(names))
  .option('--repetitions <count>', 'pairs of runs', countArgument, 9)
  .action(bench)
  .parseAsync();
