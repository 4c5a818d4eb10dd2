import type { Report } from './report.ts';

const COLUMNS = [
  'month',
  'metric',
  'baseline',
  'target',
  'n',
  'open',
  'estimator',
  'median',
  'low',
  'high',
  'interval',
  'p90',
  'p90_indicative',
  'total',
  'hidden',
] as const;

/**
 * A report as CSV (RFC 4180, seconds): a row for each metric and month, one for each reason that onboardings were
 * blocked on (`total`, `n`), one for each part of their time. No value needs quotes: all are numbers or words of ours.
 */
export function csvOf(report: Report): string {
  const rows: Partial<Record<(typeof COLUMNS)[number], string | number | boolean | null>>[] = [
    ...report.metrics.flatMap(({ name, baseline, target, months }) =>
      months.map(({ month, n, open, estimator, median, low, high, interval, p90, p90Indicative, hidden }) => ({
        month,
        metric: name,
        baseline,
        target,
        n: hidden ? null : n,
        open: hidden ? null : open,
        estimator,
        median,
        low,
        high,
        interval,
        p90,
        p90_indicative: p90Indicative,
        hidden,
      })),
    ),
    ...report.blocked.map(({ reason, seconds, onboardings }) => ({
      month: report.month,
      metric: `blocked-${reason}`,
      n: onboardings,
      total: seconds,
    })),
    ...Object.entries(report.parts ?? {}).map(([part, seconds]) => ({
      month: report.month,
      metric: `part-${part}`,
      total: seconds,
    })),
  ];
  return [COLUMNS.join(','), ...rows.map(row => COLUMNS.map(column => row[column] ?? '').join(','))].join('\r\n');
}
