import { chartOf, escaped } from './chart.ts';
import { partsBar } from './parts-bar.ts';
import type { Report } from './report.ts';
import { STYLE } from './report-style.ts';
import {
  figureText,
  methodText,
  monthName,
  openText,
  originText,
  REASONS,
  time,
  titleOf,
  trendText,
} from './report-words.ts';

/**
 * A report as one HTML file: no script, nothing loaded from anywhere, charts that a screen reader can read, colours for
 * light and dark, a layout for paper.
 */
export function htmlOf(report: Report): string {
  const title = `Onboarding and QA, ${monthName(report.month)}`;
  const about = [report.workspace, `as of ${report.asOf}`, originText(report)]
    .filter(part => part !== null)
    .join(' · ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escaped(title)}</h1>`,
    `<p class="about">${escaped(about)}</p>`,
    ...metricTable(report),
    '<section class="charts" aria-label="Medians by month">',
    ...report.metrics.map(
      metric => `<figure>\n<figcaption>${escaped(titleOf(metric))}</figcaption>\n${chartOf(metric)}\n</figure>`,
    ),
    '</section>',
    '<p class="about">Points are medians; the bars around them 95 % intervals, or the range of few values. n + m: m were still open.</p>',
    '<h2>Where the time went</h2>',
    partsBar(report),
    ...blockedPart(report),
    '<h2>Method</h2>',
    `<ul>${methodText(report)
      .map(sentence => `<li>${escaped(sentence).replace(/`([^`]*)`/g, '<code>$1</code>')}</li>`)
      .join('')}</ul>`,
    '</main>',
    '</body>',
    '</html>',
  ].join('\n');
}

function metricTable({ metrics }: Report): string[] {
  const rows = metrics.map(metric => {
    const now = metric.months.at(-1);
    const cells = [
      time(metric.baseline),
      time(metric.target),
      now ? figureText(now) : '–',
      trendText(metric),
      metric.source,
    ];
    return `<tr><th scope="row">${escaped(titleOf(metric))}</th>${cells.map(cell => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  });
  const heads = ['metric', 'baseline', 'target', 'this month', 'trend', 'source'];
  return [
    '<div class="wide"><table>',
    `<thead><tr>${heads.map(head => `<th scope="col">${head}</th>`).join('')}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody>`,
    '</table></div>',
  ];
}

function blockedPart(report: Report): string[] {
  const rows = report.blocked.map(
    ({ reason, seconds, onboardings }) =>
      `<tr><th scope="row">${REASONS[reason]}</th><td>${time(seconds)}</td><td>${onboardings}</td></tr>`,
  );
  return [
    '<h2>Blocked</h2>',
    rows.length === 0
      ? '<p>Nothing is recorded, or nothing of enough people.</p>'
      : `<table><thead><tr><th scope="col">blocked on</th><th scope="col">together</th><th scope="col">onboardings</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
    `<p>${openText(report)}</p>`,
  ];
}
