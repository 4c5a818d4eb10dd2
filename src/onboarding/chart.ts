import type { Metric, MonthFigure } from './report.ts';
import { figureText, monthName, time, titleOf } from './report-words.ts';

const WIDTH = 640;
const HEIGHT = 240;
/** Room for the labels around the plot. */
const PLOT = { left: 84, right: 148, top: 16, bottom: 48 } as const;
/** Distances between grid lines that people can read, seconds. */
const STEPS = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 432_000];
const LINES = 5;
/** Height of a label. */
const LABEL = 14;

/** Text as it may stand in HTML and SVG. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`);
}

/**
 * The medians of a metric by month as an SVG picture with title and description: points with their intervals, dashed
 * lines for baseline and target. Without a median it is drawn empty and says n.
 */
export function chartOf(metric: Metric): string {
  const { months, baseline, target, name } = metric;
  const top = scaleTop([baseline, target, ...months.flatMap(({ median, high }) => [median, high])]);
  const y = (seconds: number): number =>
    HEIGHT - PLOT.bottom - (seconds / top.value) * (HEIGHT - PLOT.top - PLOT.bottom);
  const x = (i: number): number =>
    PLOT.left + ((i + 0.5) / Math.max(1, months.length)) * (WIDTH - PLOT.left - PLOT.right);
  const id = `chart-${name.replaceAll('.', '-')}`;
  const now = months.at(-1);
  const described = months.map(figure => `${monthName(figure.month)}: ${figureText(figure)}`).join('. ');
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-text">`,
    `<title id="${id}-title">${escaped(titleOf(metric))}: median by month</title>`,
    `<desc id="${id}-text">${escaped(`${described}. Baseline ${time(baseline)}, target ${time(target)}.`)}</desc>`,
    ...gridLines(top, y),
    ...markLines(baseline, target, y),
    ...labelsBelow(months, x),
    ...curve(months, x, y),
    ...(months.some(({ median }) => median !== null) ? [] : [emptyText(now)]),
    '</svg>',
  ].join('\n');
}

interface Top {
  value: number;
  step: number;
}

function scaleTop(values: readonly (number | null)[]): Top {
  const most = Math.max(60, ...values.map(value => value ?? 0)) * 1.05;
  const step = STEPS.find(candidate => candidate * LINES >= most) ?? Math.ceil(most / LINES / 86_400) * 86_400;
  return { step, value: Math.ceil(most / step) * step };
}

function gridLines({ value, step }: Top, y: (seconds: number) => number): string[] {
  const lines: string[] = [];
  for (let at = 0; at <= value; at += step) {
    const place = y(at).toFixed(1);
    lines.push(
      `<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${place}" y2="${place}"/>`,
      `<text class="tick" x="${PLOT.left - 8}" y="${place}" dy="4" text-anchor="end">${at === 0 ? '0' : time(at)}</text>`,
    );
  }
  return lines;
}

/** Dashed lines with their labels at the right, which keep out of each other's way. */
function markLines(baseline: number | null, target: number | null, y: (seconds: number) => number): string[] {
  const apart = baseline === null || target === null ? LABEL : Math.abs(y(baseline) - y(target));
  const push = Math.max(0, LABEL - apart) / 2;
  const up = baseline !== null && target !== null && baseline >= target ? -push : push;
  const line = (kind: string, seconds: number | null, shift: number): string[] => {
    if (seconds === null) return [];
    const place = y(seconds).toFixed(1);
    return [
      `<line class="${kind}" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${place}" y2="${place}"/>`,
      `<text class="${kind}-label" x="${WIDTH - PLOT.right + 6}" y="${(y(seconds) + shift).toFixed(1)}" dy="4">${kind} ${time(seconds)}</text>`,
    ];
  };
  return [...line('baseline', baseline, up), ...line('target', target, -up)];
}

function labelsBelow(months: readonly MonthFigure[], x: (i: number) => number): string[] {
  return months.map(({ month, n, open, hidden }, i) => {
    const at = x(i).toFixed(1);
    const count = hidden ? 'not shown' : open > 0 ? `${n} + ${open}` : `n = ${n}`;
    return (
      `<text class="tick" x="${at}" y="${HEIGHT - 28}" text-anchor="middle">${monthName(month).slice(0, 3)}</text>` +
      `<text class="count" x="${at}" y="${HEIGHT - 12}" text-anchor="middle">${count}</text>`
    );
  });
}

function curve(months: readonly MonthFigure[], x: (i: number) => number, y: (seconds: number) => number): string[] {
  const points = months.flatMap(({ median, low, high }, i) =>
    median === null ? [] : [{ at: x(i), median, low, high }],
  );
  const line = points.map(({ at, median }) => `${at.toFixed(1)},${y(median).toFixed(1)}`).join(' ');
  return [
    ...points.flatMap(({ at, low, high }) =>
      low === null
        ? []
        : [
            `<line class="interval" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${y(low).toFixed(1)}" y2="${high === null ? PLOT.top : y(high).toFixed(1)}"/>`,
          ],
    ),
    ...(points.length > 1 ? [`<polyline class="curve" points="${line}"/>`] : []),
    ...points.map(
      ({ at, median }) => `<circle class="point" cx="${at.toFixed(1)}" cy="${y(median).toFixed(1)}" r="4.5"/>`,
    ),
  ];
}

function emptyText(now: MonthFigure | undefined): string {
  const text = now?.hidden ? figureText(now) : `no median yet: n = ${now?.n ?? 0}`;
  const middle = (PLOT.left + WIDTH - PLOT.right) / 2;
  return `<text class="empty" x="${middle}" y="${(HEIGHT - PLOT.bottom + PLOT.top) / 2 + 4}" text-anchor="middle">${text}</text>`;
}
