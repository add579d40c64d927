/** `pnpm bench:adapters`: each adapter beside the reader of files that its package has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends } from '@overlapped/core';
import { configure } from '@zip.js/zip.js';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measure, type Outcome, type Spread } from './measure.js';
import { WORKLOADS } from './workloads.js';

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

function row(title: string, peer: string, { milliseconds, speed, cpu }: Outcome): string[] {
  return [
    title,
    milliseconds.ours.toFixed(0),
    peer,
    milliseconds.theirs.toFixed(0),
    format(speed),
    format(cpu),
  ];
}

async function bench({ only, repetitions }: Options): Promise<void> {
  configure({ useWebWorkers: false }); // zip.js: what is measured is the reading
  const table = new Table({
    head: ['', 'adapter, ms', 'beside', 'ms', 'speed', 'CPU time'],
    style: { head: [], border: [] },
  });
  const directory = mkdtempSync(join(tmpdir(), 'overlapped-adapters-'));
  try {
    for (const workload of WORKLOADS.filter(({ name }) => only?.includes(name) ?? true)) {
      const path = join(directory, workload.name);
      await workload.prepare(path);
      table.push(row(workload.title, workload.peer, await measure(workload, path, repetitions)));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  console.log(`Node.js ${process.version}, open() uses ${describeBackends().chosen ?? 'no backend'}`);
  console.log(
    'Ratios of the adapter to what is beside it: median (min..max) of pairs of runs; files are cached.',
  );
  console.log(table.toString());
}

const names = WORKLOADS.map(({ name }) => name);
void new Command('bench:adapters')
  .description('Measures each adapter beside the reader of files that its package has, in turns.')
  .addOption(new Option('--only <names...>', 'only these workloads').choices(names))
  .option('--repetitions <count>', 'pairs of runs', countArgument, 9)
  .action(bench)
  .parseAsync();
