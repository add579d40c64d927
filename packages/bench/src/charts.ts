/** Bar charts as SVG, drawn without a browser. */
import type { TopLevelSpec } from 'vega-lite';
import { FIGURES, measuredPeers } from './report.js';
import { type Repetition, summarize } from './statistics.js';
import type { Workload } from './workloads.js';

/** Peers of the library, of Node, and of the kernel get a colour each. */
function owner(peer: string): string {
  if (peer.includes('@node-fs')) return 'Overlapped on node:fs';
  if (peer.includes('@')) return 'Overlapped';
  return peer === 'fio' ? 'fio' : 'node:fs';
}

const COLOURS = {
  Overlapped: '#1b7837',
  'Overlapped on node:fs': '#a6dba0',
  'node:fs': '#8073ac',
  fio: '#999999',
};

function specification(workload: Workload, repetitions: readonly Repetition[]): TopLevelSpec {
  const figure = FIGURES[workload.kind];
  const values = measuredPeers(repetitions).flatMap((peer) => {
    const value = summarize(repetitions, peer, figure.metric);
    if (value === undefined) return [];
    const label = figure.format(value.median);
    return [{ peer, value: value.median, label, owner: owner(peer) }];
  });
  const domain = Object.keys(COLOURS).filter((name) => values.some((value) => value.owner === name));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: { text: workload.title, anchor: 'start' },
    width: 420,
    height: { step: 20 },
    background: 'white',
    data: { values },
    encoding: {
      y: { field: 'peer', type: 'nominal', sort: null, title: null },
      x: {
        field: 'value',
        type: 'quantitative',
        title: figure.title + (figure.lower === true ? ', lower is better' : ''),
        axis: { format: '~s' },
      },
    },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          color: {
            field: 'owner',
            type: 'nominal',
            title: null,
            scale: { domain, range: domain.map((name) => COLOURS[name as keyof typeof COLOURS]) },
            legend: { orient: 'bottom' },
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 3 },
        encoding: { text: { field: 'label', type: 'nominal' } },
      },
    ],
  };
}

/** @returns the chart of one workload's medians */
export async function chart(workload: Workload, repetitions: readonly Repetition[]): Promise<string> {
  // Loaded on demand: drawing takes more start-up time than all else.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = compile(specification(workload, repetitions));
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
