/** `pnpm fuzz`: random programs against a model, until one fails, the programs asked for are done, or the time is over. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fuzz, type FuzzOptions, type FuzzResult } from '@overlapped/conformance/model';
import { ADDONS } from './addon/addons.js';
import { fuzzAddon } from './addon/fuzz-addon.js';
import { BACKEND_NAMES, campaignsOf } from './backends.js';
import { startProgress } from './progress.js';
import { failureReport } from './report.js';

interface Options {
  readonly backend?: string;
  readonly seed?: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly faults?: boolean;
  readonly path?: string;
  readonly addon: boolean;
}

type Numbers = Pick<FuzzOptions, 'seed' | 'runs' | 'limitMs' | 'path' | 'onProgram'>;

/** One thing to fuzz. */
interface Job {
  readonly title: string;
  /** What selects it on the command line. */
  readonly arguments: string;
  readonly fuzz: (numbers: Numbers) => Promise<FuzzResult>;
}

const DEFAULT_RUNS = 2000;
const LARGEST_SEED = 2 ** 31;

/** A call that can't be served: a message without a stack, and exit code 2. */
class UsageError extends Error {}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is an integer.');
  return value;
}

function program(): Command {
  return new Command('fuzz')
    .description(
      'Runs random programs of opens, reads, streams, aborts, closes, workers and changes of files against a model. ' +
        'One that fails is cut to the shortest that still does, and printed with the command that runs it again.',
    )
    .addOption(
      new Option('--backend <name>', 'only this one (default: all that work here)').choices(BACKEND_NAMES),
    )
    .option(
      '--addon',
      'random calls of the raw addons instead, in a process that may not survive them',
      false,
    )
    .option('--faults', 'only with reads that are short, late, waiting or failing')
    .option('--no-faults', 'only with the backend as it is')
    .option('--runs <count>', `programs for each backend (default ${DEFAULT_RUNS})`, positive)
    .option(
      '--minutes <count>',
      'stop after this time, for all backends together; without --runs nothing else does',
      positive,
    )
    .option('--seed <number>', 'the programs of an earlier run', whole)
    .option('--path <path>', 'one program of that seed, as a failure names it')
    .addHelpText('after', '\nExit code: 0 if every program passed, 1 if one did not, 2 for a wrong call.');
}

/** A folder for the programs' files, which goes with the process. */
function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-fuzz-'));
  process.once('exit', () => {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      // Windows removes no file that is open, as after a failure.
      console.error(`left behind: ${(error as Error).message}`);
    }
  });
  return folder;
}

/** A backend that was asked for by name has to be there; others say why they are not run. */
function leaveOut({ backend }: Options, name: string, refusal: string): void {
  if (backend !== undefined) throw new UsageError(`${name} is not available: ${refusal}`);
  console.log(`${name}: not run: ${refusal}`);
}

async function modelJobs(options: Options): Promise<Job[]> {
  const { backend, faults } = options;
  const folder = makeFolder();
  const scratch = path.join(folder, 'scratch');
  fs.writeFileSync(scratch, 'direct?');
  let files = 0;
  const filePath = (): string => path.join(folder, String(files++));
  const jobs: Job[] = [];
  for (const name of backend === undefined ? BACKEND_NAMES : [backend]) {
    const campaigns = await campaignsOf(name, scratch);
    if ('refusal' in campaigns) {
      leaveOut(options, name, campaigns.refusal);
      continue;
    }
    for (const campaign of campaigns) {
      if (faults !== undefined && campaign.faults !== faults) continue;
      jobs.push({
        title: `${name}${campaign.faults ? ', with faults' : ''}`,
        arguments: `--backend ${name} ${campaign.faults ? '--faults' : '--no-faults'}`,
        fuzz: (numbers) => fuzz({ ...campaign, ...numbers, filePath }),
      });
    }
  }
  return jobs;
}

function addonJobs(options: Options): Job[] {
  const names = Object.keys(ADDONS).filter((name) => name === (options.backend ?? name));
  return names.flatMap((name) => {
    const found = ADDONS[name]?.();
    if (typeof found === 'function') {
      return {
        title: `the addon of ${name}`,
        arguments: `--addon --backend ${name}`,
        fuzz: (numbers) => fuzzAddon({ ...numbers, backend: name }),
      } satisfies Job;
    }
    leaveOut(options, name, found?.refusal ?? 'it has no addon');
    return [];
  });
}

function readsOf({ reads }: FuzzResult): string {
  if (reads === undefined) return '';
  const { completed, cancelled, failed } = reads;
  return `; reads: ${completed} completed, ${cancelled} cancelled, ${failed} failed`;
}

/** @returns whether every program did what it should */
async function run(options: Options): Promise<boolean> {
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  console.log(`seed ${seed}`);
  const jobs = options.addon ? addonJobs(options) : await modelJobs(options);
  if (jobs.length === 0) throw new UsageError('nothing is left to run; see --help');
  const { minutes, path: at } = options;
  if (at !== undefined && (options.seed === undefined || jobs.length !== 1)) {
    throw new UsageError('--path goes with the other options of the command that a failure prints');
  }
  const runs = options.runs ?? (minutes === undefined ? DEFAULT_RUNS : Number.MAX_SAFE_INTEGER);
  const limits = minutes === undefined ? {} : { limitMs: (minutes * 60_000) / jobs.length };
  for (const job of jobs) {
    const progress = startProgress(minutes === undefined ? runs : 0, job.title);
    const started = performance.now();
    const numbers = { seed, runs, ...limits, ...(at !== undefined && { path: at }) };
    const result = await job
      .fuzz({ ...numbers, onProgram: () => progress.step() })
      .finally(() => progress.stop());
    if (result.failure !== undefined) {
      console.log(failureReport(`${job.title}, program ${result.runs}`, result.failure));
      console.log(
        `to run it again: pnpm fuzz ${job.arguments} --seed ${seed} --path "${result.failure.path}"`,
      );
      return false;
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${job.title}: ${result.runs} programs passed, ${seconds} s${readsOf(result)}`);
  }
  return true;
}

async function main(): Promise<number> {
  const options = program()
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<Options>();
  try {
    return (await run(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`fuzz: ${error.message}`);
    return 2;
  }
}

void main().then((code) => process.exit(code)); // what failed may have left reads that would keep the process alive
