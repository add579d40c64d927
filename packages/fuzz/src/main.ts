/** `pnpm fuzz`: random programs against a model, until one fails, the programs asked for are done, or the time is over. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Failure, fuzz } from '@overlapped/conformance/model';
import { BACKEND_NAMES, type Campaign, campaignsOf } from './backends.js';
import { startProgress } from './progress.js';
import { failureReport, reproduction } from './report.js';

interface Options {
  readonly backend?: string;
  readonly seed?: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly faults?: boolean;
  readonly path?: string;
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
    .addHelpText(
      'after',
      '\nExit code: 0 if every program did what the model says, 1 if one did not, 2 for a wrong call.',
    );
}

/** A folder for the programs' files, which goes with the process. */
function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-fuzz-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function selectCampaigns({ backend, faults }: Options, folder: string): Promise<Campaign[]> {
  const scratch = path.join(folder, 'scratch');
  fs.writeFileSync(scratch, 'direct?');
  const selected: Campaign[] = [];
  for (const name of backend === undefined ? BACKEND_NAMES : [backend]) {
    const campaigns = await campaignsOf(name, scratch);
    if ('refusal' in campaigns) {
      if (backend !== undefined) throw new UsageError(`${name} is not available: ${campaigns.refusal}`);
      console.log(`${name}: not run: ${campaigns.refusal}`);
      continue;
    }
    selected.push(...campaigns.filter((campaign) => faults === undefined || campaign.faults === faults));
  }
  if (selected.length === 0) throw new UsageError('nothing is left to run; see --help');
  return selected;
}

function pathOf({ path: at, seed }: Options, campaigns: readonly Campaign[]): string | undefined {
  if (at !== undefined && (seed === undefined || campaigns.length !== 1)) {
    throw new UsageError('--path goes with --seed, --backend, and --faults or --no-faults');
  }
  return at;
}

/** @returns whether every program did what the model says */
async function run(options: Options): Promise<boolean> {
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  console.log(`seed ${seed}`);
  const folder = makeFolder();
  const campaigns = await selectCampaigns(options, folder);
  const at = pathOf(options, campaigns);
  const { minutes } = options;
  const runs = options.runs ?? (minutes === undefined ? DEFAULT_RUNS : Number.MAX_SAFE_INTEGER);
  const limitMs = minutes === undefined ? undefined : (minutes * 60_000) / campaigns.length;
  let files = 0;
  for (const campaign of campaigns) {
    const { backend, faults } = campaign;
    const title = `${backend}${faults ? ', with faults' : ''}`;
    const progress = startProgress(minutes === undefined ? runs : 0, title);
    const started = performance.now();
    const result = await fuzz({
      ...campaign,
      seed,
      runs,
      filePath: () => path.join(folder, String(files++)),
      onProgram: () => progress.step(),
      ...(limitMs !== undefined && { limitMs }),
      ...(at !== undefined && { path: at }),
    }).finally(() => progress.stop());
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (result.failure !== undefined) {
      report(result.runs, result.failure, campaign, seed);
      return false;
    }
    console.log(`${title}: ${result.runs} programs did what the model says, ${seconds} s`);
  }
  return true;
}

function report(runs: number, failure: Failure, { backend, faults }: Campaign, seed: number): void {
  console.log(failureReport(`program ${runs} on ${backend}`, failure));
  console.log(`to run it again: ${reproduction({ backend, faults, seed, path: failure.path })}`);
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
