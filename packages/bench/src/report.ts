/** Tables for a terminal. */
import Table from 'cli-table3';
import { compareRuns, onlyIn } from './compare.js';
import { FACTS } from './facts.js';
import { FIGURES, formatMeasured, formatRatio, formatSpread } from './figures.js';
import { goalStatus, goalSubject, goalTarget, type Verdict } from './goals.js';
import type { Loss } from './losses.js';
import type { Measured, Results } from './results.js';
import { measuredPeers, ratio, summarize } from './statistics.js';

/** No lines between rows. */
const LAYOUT = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

/** @param texts how many of the first columns are texts; the others are figures */
function table(head: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const colAligns = head.map((_, index) => (index < texts ? 'left' : 'right'));
  const drawn = new Table({ head: [...head], colAligns, ...LAYOUT });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

/** One workload: a line for each peer, medians, and ratios to the baselines with their range. */
export function workloadTable(workload: Measured): string {
  const { name, title, kind, repetitions } = workload;
  const peers = measuredPeers(repetitions);
  const figures = FIGURES[kind];
  const [{ metric, lower }] = figures;
  const baselines = workload.baselines.filter((id) => peers.includes(id));
  const rows = peers.map((peer) => [
    peer,
    ...figures.map((figure) => {
      const value = summarize(repetitions, { peer, metric: figure.metric });
      return value === undefined ? '' : figure.format(value.median);
    }),
    ...baselines.map((id) =>
      id === peer ? '1' : formatSpread(ratio(repetitions, { peer, metric }, { peer: id, metric })),
    ),
  ]);
  const head = ['peer', ...figures.map((figure) => figure.title), ...baselines.map((id) => `/ ${id}`)];
  return `${name}: ${title}${lower ? ' (lower is better)' : ''}\n${table(head, 1, rows)}`;
}

/** The goals, each reached, missed or not measured. */
export function goalTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => {
    const { goal, measured, repetitions, reason } = verdict;
    return [
      goal.workload,
      goalSubject(goal),
      goalTarget(goal),
      formatSpread(measured, formatMeasured),
      String(repetitions),
      reason === undefined ? goalStatus(verdict) : `${goalStatus(verdict)}: ${reason}`,
    ];
  });
  const head = ['workload', 'what', 'goal', 'measured', 'times', ''];
  return `goals\n${table(head, 6, rows)}`;
}

/** Where it loses, the worst first. */
export function lossTable(losses: readonly Loss[]): string {
  const rows = losses.map(({ workload, way, behind }) => [
    workload,
    way,
    behind.map(({ peer, share }) => `${formatRatio(share.median)} x ${peer}`).join(', '),
  ]);
  return `where it loses: its share of what the peers ahead of it reach\n${table(['workload', 'way', 'share'], 3, rows)}`;
}

/** What the circumstances of two runs differ in. */
function circumstancesTable(a: Results, b: Results): string {
  const rows = FACTS.map(({ title, of }) => [title, of(a), of(b)]).filter(
    ([, left, right]) => left !== right,
  );
  return `what differs besides\n${table(['', 'A', 'B'], 3, rows)}`;
}

/** Two runs beside each other. */
export function comparison(a: Results, b: Results): string {
  const rows = compareRuns(a, b).map(({ workload, peer, figure, ratio: quotient, note, ...spreads }) => [
    workload,
    peer,
    figure.title,
    formatSpread(spreads.a, figure.format),
    formatSpread(spreads.b, figure.format),
    formatRatio(quotient),
    note,
  ]);
  const lines = [
    circumstancesTable(a, b),
    table(['workload', 'peer', 'figure', 'A: median (min..max)', 'B', 'B / A', ''], 3, rows),
  ];
  for (const [name, entries] of [
    ['A', onlyIn(a, b)],
    ['B', onlyIn(b, a)],
  ] as const) {
    if (entries.length > 0) lines.push(`only in ${name}: ${entries.join(', ')}`);
  }
  return lines.join('\n\n');
}
