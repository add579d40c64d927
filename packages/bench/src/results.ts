/** What a run leaves behind: the file that `--json` names, and that `compare` and the page are made of. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { FIGURES } from './figures.js';
import { METRICS, type MetricName } from './metrics.js';
import type { Workload, WorkloadKind } from './workloads.js';

const count = z.number().nonnegative();
const metricNames = Object.keys(METRICS) as [MetricName, ...MetricName[]];

const sample = z.object({
  ops: count,
  bytes: count,
  seconds: count,
  cpuSeconds: count,
  verified: count,
  metrics: z.partialRecord(z.enum(metricNames), z.number()).exactOptional(),
});

const candidate = z.object({
  name: z.string(),
  status: z.string(),
  code: z.string(),
  message: z.string(),
});

/** The machine a run was made on, as far as figures depend on it. No names of hosts, users or folders. */
const machine = z.object({
  cpu: z.string(),
  cores: count,
  memoryGib: count,
  platform: z.string(),
  arch: z.string(),
  kernel: z.string(),
  node: z.string(),
  /** Commit of this library, with a note where it was changed since. */
  revision: z.string().optional(),
  /** Type of the file system that the file is on. */
  fileSystem: z.string().optional(),
  /** Undefined: not installed. */
  fio: z.string().optional(),
  /** One-minute load average when the run began: other work disturbs it. */
  load: count,
  backends: z.object({ chosen: z.string().optional(), candidates: z.array(candidate).readonly() }),
});

export type Machine = z.infer<typeof machine>;

const peerOf = { workload: z.string(), peer: z.string() };

/** A workload and what came of it. */
const measured = z.object({
  name: z.string(),
  title: z.string(),
  kind: z.enum(Object.keys(FIGURES) as [WorkloadKind, ...WorkloadKind[]]),
  blockSize: count,
  depth: count,
  cache: z.enum(['cached', 'cold', 'direct']),
  suite: z.array(z.enum(['quick', 'full', 'goals'])).readonly(),
  rate: count.exactOptional(),
  amount: z.object({ full: count, quick: count }),
  baselines: z.array(z.string()).readonly(),
  repetitions: z.array(z.record(z.string(), sample)).readonly(),
}) satisfies z.ZodType<Workload>;

const results = z.object({
  label: z.string().optional(),
  /** When the run began, ISO 8601. */
  date: z.string(),
  /** What gives such a run again. */
  command: z.string(),
  machine,
  /** One-minute load average when the run ended. */
  loadAfter: count,
  fileSize: count,
  /** The benchmark made the file; else it is one of the user's. */
  patterned: z.boolean(),
  quick: z.boolean(),
  repetitions: count,
  workloads: z.array(measured).readonly(),
  /** Who did not take part, and why. */
  leftOut: z.array(z.object({ ...peerOf, reason: z.string() })).readonly(),
  failures: z.array(z.object({ ...peerOf, repetition: count, message: z.string() })).readonly(),
});

export type Measured = z.infer<typeof measured>;

export type Results = z.infer<typeof results>;

export type LeftOut = Results['leftOut'][number];

/** @throws Error that names the file and what is wrong with it */
export function readResults(file: string): Results {
  let content: unknown;
  try {
    content = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`no such file: ${file}`, { cause: error });
    throw new Error(`${file} can't be read as JSON: ${message}`, { cause: error });
  }
  const { data, error } = results.safeParse(content);
  if (data !== undefined) return data;
  throw new Error(`${file} is not a result of \`pnpm bench --json\`:\n${z.prettifyError(error)}`);
}

/** Writes `content`, and the folder it goes to. */
export function writeOutput(file: string, content: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}
