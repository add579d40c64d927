/** A run as one HTML file that needs nothing else: charts, with a table beneath each. */
import fs from 'node:fs';
import path from 'node:path';
import { type Chart, SECTIONS } from './chart-data.js';
import { draw } from './charts.js';
import { FACTS } from './facts.js';
import { FIGURES, formatMeasured, formatRatio, formatSpread } from './figures.js';
import { type Goal, goalStatus, goalSubject, goalTarget, margin, type Verdict } from './goals.js';
import { html, Markup } from './html.js';
import { type Loss, losses } from './losses.js';
import type { Measured, Results } from './results.js';
import { measuredPeers, ratio, type Spread, summarize } from './statistics.js';

const ASSETS = path.join(__dirname, '../../assets');

function asset(name: string): Markup {
  return new Markup(fs.readFileSync(path.join(ASSETS, name), 'utf8'));
}

type Cells = readonly (string | Markup)[];

interface TableStyle {
  readonly caption?: string;
  /** Rows say what they are without the head: on a narrow screen they are broken into lines, instead of being scrolled. */
  readonly wraps?: true;
}

/** @param texts how many of the first columns are texts; the others are figures */
function table(
  head: Cells,
  texts: number,
  rows: readonly Cells[],
  { caption, wraps }: TableStyle = {},
): Markup {
  const kind = (index: number): string => (index < texts ? 'text' : 'figure');
  return html`<div class="scroll">
    <table class="${wraps === true ? 'wraps' : ''}">
      ${
        caption === undefined
          ? undefined
          : html`<caption>
              ${caption}
            </caption>`
      }
      <thead>
        <tr>
          ${head.map((cell, index) => html`<th scope="col" class="${kind(index)}">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${rest.map((cell, index) => html`<td class="${kind(index + 1)}">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function section(id: string, title: string, ...content: readonly (Markup | undefined)[]): Markup {
  return html`<section id="${id}">
    <h2>${title}</h2>
    ${content}
  </section> `;
}

/** From a quarter of what is asked for to four times that. */
const MARGIN_RANGE = { octaves: 2, width: 120, height: 14 };

/** Where a margin is on the scale whose middle is "just reached". */
function place(value: number): number {
  const { octaves, width } = MARGIN_RANGE;
  const octave = Math.min(octaves, Math.max(-octaves, Math.log2(value)));
  return Math.round(((octave + octaves) / (2 * octaves)) * (width - 10)) + 5;
}

/** Goal and measurement on one scale; right of the middle is better than asked for. */
function marginDrawing(goal: Goal, { median, min, max }: Spread): Markup {
  const [at, from, to] = [median, min, max].map((value) => place(margin(goal, value))) as [
    number,
    number,
    number,
  ];
  const { width, height } = MARGIN_RANGE;
  const text = `${formatRatio(margin(goal, median))} of what is asked for`;
  return html`<svg
    class="margin"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="${text}"
  >
    <line class="goal" x1="${place(1)}" x2="${place(1)}" y1="0" y2="${height}" />
    <line x1="${from}" x2="${to}" y1="7" y2="7" />
    <circle cx="${at}" cy="7" r="4.5" />
  </svg>`;
}

const MARKS: Readonly<Record<Verdict['status'], string>> = { reached: '✔', missed: '✘', 'not measured': '–' };

function goalsSection(verdicts: readonly Verdict[]): Markup | undefined {
  if (verdicts.length === 0) return undefined;
  const count = (status: Verdict['status']): number =>
    verdicts.filter((verdict) => verdict.status === status).length;
  const rows = verdicts.map((verdict) => {
    const { goal, status, measured, repetitions, reason } = verdict;
    return [
      `${MARKS[status]} ${goalStatus(verdict)}`,
      goal.workload,
      goalSubject(goal),
      goalTarget(goal),
      reason ?? formatSpread(measured, formatMeasured),
      String(repetitions),
      measured === undefined
        ? ''
        : html`<span class="${status === 'reached' ? 'reached' : 'missed'}"
            >${marginDrawing(goal, measured)}</span
          >`,
    ];
  });
  return section(
    'goals',
    'Goals',
    html`<p>
      ${count('reached')} reached, ${count('missed')} missed, ${count('not measured')} not measured. Medians,
      and (smallest..largest) of the repetitions; narrowly: so many are on the other side that chance could
      have it so. The line is the goal, right of it is better, and the width is from a quarter of it to four
      times.
    </p>`,
    table(['', 'workload', 'what', 'goal', 'measured', 'times', 'beside the goal'], 7, rows, { wraps: true }),
  );
}

function lossTable(entries: readonly Loss[]): Markup {
  const rows = entries.map(({ workload, way, figure, behind: [worst, ...others] }) => [
    html`<a href="#${workload}">${workload}</a>`,
    way,
    figure.title,
    `${formatSpread(worst.share)} of ${worst.peer}`,
    others.map(({ peer, share }) => `${formatRatio(share.median)} of ${peer}`).join(', '),
  ]);
  return table(['workload', 'way', 'figure', 'reaches', 'also behind'], 5, rows, { wraps: true });
}

function folded(summary: string, content: Markup): Markup {
  return html`<details>
    <summary>${summary}</summary>
    ${content}
  </details> `;
}

function foldedLosses(summary: string, entries: readonly Loss[]): Markup | undefined {
  return entries.length === 0 ? undefined : folded(`${summary} (${entries.length})`, lossTable(entries));
}

/** More than these are folded away. */
const SHOWN_LOSSES = 15;

function lossesSection({ workloads, machine }: Results): Markup {
  const all = losses(workloads, (_, index) => index === 0);
  const cpu = losses(workloads, ({ metric }, index) => index > 0 && metric.startsWith('cpu'));
  const { chosen } = machine.backends;
  const ours = all.filter(({ backend }) => backend === chosen);
  const others = all.filter(({ backend }) => backend !== chosen);
  return section(
    'losses',
    'Where it loses',
    html`<p>
      Every workload where a way of this library is behind a peer by the figure that the workload is judged
      by, the worst first, as a share of what the peer reaches: median, and (smallest..largest) of the
      repetitions. Where that range goes past 1, the difference is within what repetitions differ by.
    </p>`,
    ours.length === 0
      ? html`<p>On ${chosen}, which open() chooses: nowhere, among what this run measured.</p>`
      : html`<h3>On ${chosen}, which open() chooses</h3>
          ${lossTable(ours.slice(0, SHOWN_LOSSES))}`,
    foldedLosses('The others, nearer to even', ours.slice(SHOWN_LOSSES)),
    foldedLosses('On other backends', others),
    foldedLosses('Where it takes more processor time', cpu),
  );
}

function chartTable({ rows, columns, columnTitle, figure }: Chart): Markup {
  const head = ['peer', ...columns];
  const cells = rows.map(({ peer, values }) => [
    peer,
    ...values.map((spread) => formatSpread(spread, figure.format)),
  ]);
  return table(head, 1, cells, columnTitle === '' ? {} : { caption: `${figure.title}, by ${columnTitle}` });
}

async function figureOf(chart: Chart): Promise<Markup> {
  const svg = new Markup(await draw(chart, 'page'));
  return html`<figure>
    <figcaption>${chart.title}</figcaption>
    ${svg}${folded('as a table', chartTable(chart))}
  </figure> `;
}

async function chartSections(workloads: readonly Measured[]): Promise<Markup[]> {
  const sections: Markup[] = [];
  for (const { title, text, charts } of SECTIONS) {
    const drawings: Markup[] = [];
    for (const chart of charts(workloads)) {
      if (chart.rows.length > 0) drawings.push(await figureOf(chart));
    }
    if (drawings.length === 0) continue;
    const id = title.toLowerCase().replace(/[^a-z]+/g, '-');
    sections.push(
      section(
        id,
        title,
        html`<p>${text}</p>
          <div class="charts">${drawings}</div>`,
      ),
    );
  }
  return sections;
}

function workloadDetails(workload: Measured): Markup {
  const { name, title, kind, repetitions } = workload;
  const peers = measuredPeers(repetitions);
  const figures = FIGURES[kind];
  const [{ metric }] = figures;
  const baselines = workload.baselines.filter((id) => peers.includes(id));
  const rows = peers.map((peer) => [
    peer,
    ...figures.map((figure) =>
      formatSpread(summarize(repetitions, { peer, metric: figure.metric }), figure.format),
    ),
    ...baselines.map((id) => formatSpread(ratio(repetitions, { peer, metric }, { peer: id, metric }))),
  ]);
  const head = ['peer', ...figures.map((figure) => figure.title), ...baselines.map((id) => `/ ${id}`)];
  const content = peers.length === 0 ? html`<p>Nothing was measured.</p>` : table(head, 1, rows);
  return html`<details id="${name}">
    <summary><b>${name}</b> ${title}</summary>
    ${content}
  </details> `;
}

function absent({ leftOut, failures }: Results): Markup | undefined {
  if (leftOut.length + failures.length === 0) return undefined;
  const rows = [
    ...leftOut.map(({ workload, peer, reason }) => [workload, peer, `left out: ${reason}`]),
    ...failures.map(({ workload, peer, repetition, message }) => [
      workload,
      peer,
      `failed in repetition ${repetition + 1}: ${message}`,
    ]),
  ];
  return section(
    'absent',
    'What was not measured',
    table(['workload', 'peer', 'why'], 3, rows, { wraps: true }),
  );
}

function head(results: Results): Markup {
  return html`<header>
    <h1>Overlapped: benchmark</h1>
    ${results.label === undefined ? undefined : html`<p class="label">${results.label}</p>`}
    <dl>
      ${FACTS.map(
        ({ title, of }) =>
          html`<div>
            <dt>${title}</dt>
            <dd>${of(results)}</dd>
          </div>`,
      )}
    </dl>
    <p>Again: <code>${results.command}</code></p>
    <p>To set two runs beside each other: <code>pnpm bench compare A.json B.json</code></p>
  </header> `;
}

/** @returns the whole document */
export async function page(results: Results, verdicts: readonly Verdict[]): Promise<string> {
  const { workloads } = results;
  const { source } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Overlapped: benchmark, ${results.date.slice(0, 10)}</title>
        <style>
          ${asset('report.css')}
        </style>
      </head>
      <body>
        <main>
          ${head(results)} ${goalsSection(verdicts)} ${lossesSection(results)}
          ${await chartSections(workloads)}
          ${section('all', 'Every workload', html`<p>Medians and (smallest..largest); ratios are taken within a repetition.</p>`, ...workloads.map(workloadDetails))}
          ${absent(results)}
        </main>
        <div id="tip" role="status" hidden></div>
        <script>
          ${asset('report.js')};
        </script>
      </body>
    </html> `;
  return source;
}
