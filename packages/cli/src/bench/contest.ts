/** Runs contestants beside each other: warmed up, interleaved, the same work for each, and checked against each other. */
import { median } from 'simple-statistics';
import { CommandError } from '../failure.js';

/** The same for all contestants of a repetition. */
export interface Work {
  /** Reads, or bytes. */
  readonly amount: number;
  /** Of the random positions. */
  readonly seed: number;
}

export interface Contestant {
  readonly name: string;
  readonly ours: boolean;
  /** Does all of `work`. @returns a sum over what was read, the same for the same work whoever does it */
  run(work: Work): Promise<number>;
}

export interface Contest {
  readonly title: string;
  /** What an amount counts. */
  readonly unit: 'reads' | 'bytes';
  /** The last one is what the others are compared with. */
  readonly contestants: readonly Contestant[];
}

export interface Result {
  readonly name: string;
  readonly ours: boolean;
  /** Amount per second, a value for each repetition. */
  readonly rates: readonly number[];
  readonly median: number;
  /** Median of the repetitions' ratios to the last contestant: what disturbed one disturbed the other too. */
  readonly ratio: number;
  /** Median CPU time of all threads, user and system, in nanoseconds for each read or byte. */
  readonly cpuNanoseconds: number;
}

interface Sample {
  readonly rate: number;
  readonly cpuNanoseconds: number;
  readonly sum: number;
}

export const REPETITIONS = 5;
const REPETITION_SECONDS = 0.2;
const CALIBRATION_SECONDS = 0.05;
const FIRST_AMOUNT = { reads: 64, bytes: 1 << 20 } as const;

async function measure(contestant: Contestant, work: Work): Promise<Sample> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const sum = await contestant.run(work);
  const seconds = (performance.now() - started) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: work.amount / seconds, cpuNanoseconds: ((user + system) * 1e3) / work.amount, sum };
}

/** The amount that the slowest contestant does in a repetition's time. Warms each of them up. */
async function calibrate({ contestants, unit }: Contest): Promise<number> {
  const rates: number[] = [];
  for (const contestant of contestants) {
    let amount: number = FIRST_AMOUNT[unit];
    let { rate } = await measure(contestant, { amount, seed: 1 });
    while (amount / rate < CALIBRATION_SECONDS) {
      amount *= 4;
      ({ rate } = await measure(contestant, { amount, seed: 1 }));
    }
    rates.push(rate);
  }
  return Math.max(FIRST_AMOUNT[unit], Math.round(Math.min(...rates) * REPETITION_SECONDS));
}

/** A contestant and its samples, one for each repetition so far. */
interface Entry {
  readonly contestant: Contestant;
  readonly samples: Sample[];
}

/** @throws CommandError if two contestants have not read the same bytes in the last repetition */
function checkSums(entries: readonly Entry[]): void {
  const [first, ...others] = entries.map(({ contestant: { name }, samples }) => ({
    name,
    sum: samples.at(-1)?.sum,
  }));
  const different = others.find(({ sum }) => sum !== first?.sum);
  if (different === undefined) return;
  throw new CommandError(
    `${different.name} and ${first?.name} read different bytes. Measure a file that nobody writes to.`,
  );
}

/** @param onStep is called after each of the {@link REPETITIONS} of each contestant */
export async function runContest(contest: Contest, onStep: () => void): Promise<Result[]> {
  const amount = await calibrate(contest);
  const entries = contest.contestants.map((contestant): Entry => ({ contestant, samples: [] }));
  for (let seed = 1; seed <= REPETITIONS; seed++) {
    const first = seed % entries.length; // nobody always follows the same one
    for (const { contestant, samples } of [...entries.slice(first), ...entries.slice(0, first)]) {
      samples.push(await measure(contestant, { amount, seed }));
      onStep();
    }
    checkSums(entries);
  }
  const baseline = entries.at(-1)?.samples.map(({ rate }) => rate) ?? [];
  return entries.map(({ contestant: { name, ours }, samples }) => {
    const rates = samples.map(({ rate }) => rate);
    return {
      name,
      ours,
      rates,
      median: median(rates),
      ratio: median(rates.map((rate, i) => rate / (baseline[i] as number))),
      cpuNanoseconds: median(samples.map(({ cpuNanoseconds }) => cpuNanoseconds)),
    };
  });
}
