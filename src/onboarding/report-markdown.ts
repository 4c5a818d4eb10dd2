import type { Report } from './report.ts';
import {
  figureText,
  methodText,
  monthName,
  openText,
  originText,
  PART_NAMES,
  REASONS,
  time,
  titleOf,
  trendText,
} from './report-words.ts';
import { PARTS } from './samples.ts';

export const BEGIN = '<!-- devex:begin -->';
export const END = '<!-- devex:end -->';

/** A report as one section between two markers (facts telemetry §6). The date stands in its first line alone. */
export function markdownOf(report: Report): string {
  const lines = [
    BEGIN,
    `**Onboarding and QA, ${monthName(report.month)}** (as of ${report.asOf}; ${originText(report)})`,
    '',
    '| metric | baseline | target | this month | trend | source |',
    '|---|---|---|---|---|---|',
    ...report.metrics.map(metric => {
      const now = metric.months.at(-1);
      const shown = now === undefined ? '–' : figureText(now);
      return `| ${titleOf(metric)} | ${time(metric.baseline)} | ${time(metric.target)} | ${shown} | ${trendText(metric)} | ${metric.source} |`;
    }),
    ...partLines(report),
    ...blockedLines(report),
    '',
    openText(report),
    '',
    `Method: ${methodText(report).join(' ')}`,
    END,
  ];
  return lines.join('\n');
}

function partLines({ parts }: Report): string[] {
  if (parts === null) return [];
  const rows = PARTS.map(part => `| ${PART_NAMES[part]} | ${time(parts[part])} |`);
  return ['', '| where the time went | together |', '|---|---|', ...rows];
}

function blockedLines({ blocked }: Report): string[] {
  if (blocked.length === 0) return [];
  const rows = blocked.map(
    ({ reason, seconds, onboardings }) => `| ${REASONS[reason]} | ${time(seconds)} | ${onboardings} |`,
  );
  return ['', '| blocked on | together | onboardings |', '|---|---|---|', ...rows];
}
