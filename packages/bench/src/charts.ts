/** Charts as SVG, drawn without a browser. */
import type { TopLevelSpec } from 'vega-lite';
import type { Chart } from './chart-data.js';
import { type Owner, ownerOf } from './peer-names.js';

/** Several shades for those who have several peers in a chart. Each is told from black and from white at 3:1. */
const COLOURS: Readonly<Record<Owner, readonly [string, ...string[]]>> = {
  Overlapped: ['#1f9d55', '#7a9a01', '#0f8b8d'],
  'Overlapped on node:fs': ['#2f8fd0', '#5b7be0', '#3f9fb0'],
  'node:fs': ['#9a6fd8', '#d0569b', '#c8722c', '#b04a4a', '#8a7a2f'],
  fio: ['#7f8791', '#a08468'],
  control: ['#888888'],
};

/** Told apart without colour, too. */
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [1, 3],
];

/** The nth of `list`, beginning again at its end. */
function nth<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

interface Look {
  readonly colour: string;
  readonly dash: readonly number[];
}

/** How each peer is drawn: by its owner, and by its place among the owner's peers. */
function looks(peers: readonly string[]): Look[] {
  return peers.map((peer) => {
    const owner = ownerOf(peer);
    const place = peers.filter((other) => ownerOf(other) === owner).indexOf(peer);
    return { colour: nth(COLOURS[owner], place), dash: nth(DASHES, place) };
  });
}

interface Point {
  readonly peer: string;
  readonly owner: Owner;
  readonly column: string;
  /** Median, smallest and largest, in units of the axis. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly label: string;
  /** For who does not see the point. */
  readonly description: string;
}

function points({ figure, columns, rows, form }: Chart): Point[] {
  return rows.flatMap(({ peer, values }) =>
    values.flatMap((spread, index): Point[] => {
      if (spread === undefined) return [];
      const column = columns[index] as string;
      const [value, min, max] = [spread.median, spread.min, spread.max].map((part) => part / figure.scale);
      const [label, from, to] = [spread.median, spread.min, spread.max].map(figure.format);
      const what = form === 'bars' ? peer : `${peer}, ${column}`;
      const description = `${what}: ${label} (${from}..${to}) ${figure.title}`;
      return [
        {
          ...{ peer, owner: ownerOf(peer), column, label, description },
          ...{ value, min, max },
        } as Point,
      ];
    }),
  );
}

type Layers = Pick<Extract<TopLevelSpec, { layer: unknown }>, 'layer' | 'encoding'> & { height: unknown };

function axisTitle({ figure }: Chart): string {
  return figure.title + (figure.lower ? ', lower is better' : '');
}

/** Large numbers with a letter, as 200k. */
const NUMBERS = { tickCount: 5, labelExpr: "format(datum.value, datum.value < 10000 ? ',' : '~s')" } as const;
const PEERS_DOWN = { field: 'peer', type: 'nominal', sort: null, title: null } as const;
const LEGEND = { orient: 'bottom', columns: 4, symbolStrokeWidth: 2, symbolOpacity: 1 } as const;

function bars(chart: Chart, values: readonly Point[]): Layers {
  const domain = Object.keys(COLOURS).filter((name) => values.some(({ owner }) => owner === name));
  const range = domain.map((name) => COLOURS[name as Owner][0]);
  return {
    height: { step: 24 },
    encoding: { y: { ...PEERS_DOWN } },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'value', type: 'quantitative', title: axisTitle(chart), axis: NUMBERS },
          color: { field: 'owner', type: 'nominal', title: null, scale: { domain, range }, legend: LEGEND },
          description: { field: 'description' },
        },
      },
      {
        mark: { type: 'rule', aria: false, strokeWidth: 1.5 },
        encoding: { x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5, aria: false },
        encoding: { x: { field: 'max', type: 'quantitative' }, text: { field: 'label' } },
      },
    ],
  };
}

function lines(chart: Chart, values: readonly Point[]): Layers {
  const domain = [...new Set(values.map(({ peer }) => peer))];
  const look = looks(domain);
  const legend = { ...LEGEND, columns: 3, symbolType: 'stroke', symbolSize: 300 } as const;
  const color = {
    field: 'peer',
    type: 'nominal',
    title: null,
    scale: { domain, range: look.map(({ colour }) => colour) },
    legend,
  } as const;
  return {
    height: 260,
    encoding: {
      x: {
        field: 'column',
        type: 'ordinal',
        sort: [...chart.columns],
        title: chart.columnTitle,
        axis: { labelAngle: 0 },
      },
      color,
    },
    layer: [
      {
        mark: { type: 'line', aria: false },
        encoding: {
          y: { field: 'value', type: 'quantitative', title: axisTitle(chart), axis: NUMBERS },
          strokeDash: {
            field: 'peer',
            type: 'nominal',
            title: null,
            scale: { domain, range: look.map(({ dash }) => [...dash]) },
            legend,
          },
        },
      },
      {
        mark: { type: 'rule', aria: false, opacity: 0.4 },
        encoding: { y: { field: 'min', type: 'quantitative' }, y2: { field: 'max' } },
      },
      {
        mark: { type: 'point', filled: true, size: 50, opacity: 1 },
        encoding: { y: { field: 'value', type: 'quantitative' }, description: { field: 'description' } },
      },
    ],
  };
}

const PERCENTILE_COLOURS = ['#1f9d55', '#c8722c', '#d0569b', '#5b7be0'];

function dots(chart: Chart, values: readonly Point[]): Layers {
  const positive = values.filter(({ value }) => value > 0); // a logarithm has no place for 0
  return {
    height: { step: 26 },
    encoding: { y: { ...PEERS_DOWN } },
    layer: [
      {
        data: { values: [...positive] },
        mark: { type: 'line', strokeWidth: 1, opacity: 0.5, color: 'currentColor', aria: false },
        encoding: {
          x: {
            field: 'value',
            type: 'quantitative',
            title: axisTitle(chart),
            scale: { type: 'log' },
            axis: NUMBERS,
          },
          detail: { field: 'peer' },
        },
      },
      {
        data: { values: [...positive] },
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: {
          x: { field: 'value', type: 'quantitative' },
          color: {
            field: 'column',
            type: 'nominal',
            title: null,
            scale: { domain: [...chart.columns], range: PERCENTILE_COLOURS },
            legend: LEGEND,
          },
          shape: {
            field: 'column',
            type: 'nominal',
            scale: { domain: [...chart.columns], range: ['circle', 'square', 'diamond', 'triangle-up'] },
            title: null,
            legend: LEGEND,
          },
          description: { field: 'description' },
        },
      },
    ],
  };
}

const FORMS = { bars, lines, dots };

/** Colours of what is no data. `page`: the colours of the text around it, in a light page and in a dark one. */
const THEMES = {
  file: { ink: '#222222', grid: '#dddddd', background: 'white' },
  page: { ink: 'currentColor', grid: 'var(--grid)', background: 'transparent' },
} as const;

export type Theme = keyof typeof THEMES;

function specification(chart: Chart, theme: Theme): TopLevelSpec {
  const { ink, grid, background } = THEMES[theme];
  const values = points(chart);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    ...(theme === 'file' ? { title: { text: chart.title, anchor: 'start' } } : {}),
    description: `${chart.title}: ${axisTitle(chart)}`,
    width: 420,
    background,
    data: { values },
    ...FORMS[chart.form](chart, values),
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      title: { color: ink, fontSize: 14 },
      axis: {
        ...{ labelColor: ink, titleColor: ink, domainColor: grid, tickColor: grid, gridColor: grid },
        ...{ labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 300 },
      },
      legend: { labelColor: ink, labelFontSize: 12, labelLimit: 300 },
      text: { color: ink, fontSize: 12 },
      rule: { color: ink },
    },
  } as TopLevelSpec;
}

/** Vega has this, but its types do not. */
interface TextMetrics {
  readonly textMetrics: { width: typeof estimatedWidth };
}

/** Without a canvas vega takes 0.8 em for a character and leaves too much room; this is what sans-serif text has. */
function estimatedWidth({ fontSize = 12 }: { fontSize?: number }, text: unknown): number {
  return 0.57 * fontSize * String(text).length;
}

/** @returns the chart as an SVG element */
export async function draw(chart: Chart, theme: Theme): Promise<string> {
  // Loaded on demand: drawing takes more start-up time than all else.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  (vega as unknown as TextMetrics).textMetrics.width = estimatedWidth;
  const { spec } = compile(specification(chart, theme));
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
