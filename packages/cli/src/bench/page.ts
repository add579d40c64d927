/** What `overlapped bench` prints: a chart for each contest. */
import type { coloursOf } from '../output.js';
import { REPETITIONS, type Contest, type Result } from './contest.js';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `part` (0 to 1) of `width` characters, to an eighth of one. */
export function bar(part: number, width: number): string {
  const eighths = Math.round(part * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] as string);
}

interface Writing {
  readonly rate: (perSecond: number) => string;
  readonly cpu: (nanoseconds: number) => string;
}

const integer = (value: number): string => Math.round(value).toLocaleString('en');

const WRITINGS: Readonly<Record<Contest['unit'], Writing>> = {
  reads: {
    rate: (perSecond) => `${integer(perSecond)} reads/s`,
    cpu: (nanoseconds) => `${(nanoseconds / 1e3).toFixed(1)} µs CPU/read`,
  },
  bytes: {
    rate: (perSecond) => `${integer(perSecond / 1e6)} MB/s`,
    cpu: (nanoseconds) => `${integer(nanoseconds * 1e3)} ms CPU/GB`,
  },
};

/** Columns beside the bar: figures and the spaces between. */
const OTHER_COLUMNS = 48;
const MIN_BAR = 10;
const MAX_BAR = 40;

export interface PageOptions {
  /** Characters in a line. */
  readonly columns: number;
  readonly colours: ReturnType<typeof coloursOf>;
}

/** A title, and for each contestant its name, bar, median rate, ratio to the last one, and CPU time. */
export function chart({ title, unit }: Contest, results: readonly Result[], options: PageOptions): string {
  const { rate, cpu } = WRITINGS[unit];
  const { bold, green, dim } = options.colours;
  const names = Math.max(...results.map(({ name }) => name.length));
  const width = Math.min(MAX_BAR, Math.max(MIN_BAR, options.columns - names - OTHER_COLUMNS));
  const best = Math.max(...results.map(({ median }) => median));
  const rates = results.map(({ median }) => rate(median));
  const rateWidth = Math.max(...rates.map(({ length }) => length));
  const lines = results.map((result, i) => {
    const drawn = bar(result.median / best, width).padEnd(width);
    const ratio = `${result.ratio.toFixed(2)}x`.padStart(6);
    const figures = `${(rates[i] as string).padStart(rateWidth)}  ${ratio}  ${cpu(result.cpuNanoseconds)}`;
    return `  ${result.name.padEnd(names)}  ${result.ours ? green(drawn) : dim(drawn)}  ${figures}`;
  });
  return `${bold(title)}\n${lines.join('\n')}\n`;
}

/** What the figures mean, and what they do not. */
export const EXPLANATION = `Each figure is the median of ${REPETITIONS} repetitions, in turn with the others, of the same reads; a ratio (1.5x) is
to the chart's last line. CPU time is that of all threads. What was read was compared.
Not measured: a cold page cache, other sizes and depths, other work on the event loop, several processes.
`;
