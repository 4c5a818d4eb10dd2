import type { Report } from './report.ts';
import { HIDDEN, PART_NAMES, time } from './report-words.ts';
import type { Part } from './samples.ts';

/** The parts that add up to the whole; rework is a part of the machine's. */
const SHOWN = ['machine', 'prompt', 'blocked', 'away'] as const satisfies readonly Part[];
const WIDTH = 640;

/** Where the time of the completed onboardings went: a bar as an SVG picture, and a table with the same figures. */
export function partsBar({ parts, metrics }: Report): string {
  const whole = parts === null ? 0 : SHOWN.reduce((sum, part) => sum + parts[part], 0);
  const all = metrics.find(({ name }) => name === 'onboarding')?.months.at(-1);
  const nothing = all?.hidden || all?.n ? HIDDEN : 'no completed onboarding: n = 0';
  const said =
    parts === null || whole === 0 ? nothing : SHOWN.map(part => `${PART_NAMES[part]} ${time(parts[part])}`).join(', ');
  let from = 0;
  const pieces =
    parts === null || whole === 0
      ? [`<text class="empty" x="${WIDTH / 2}" y="29" text-anchor="middle">${nothing}</text>`]
      : SHOWN.map(part => {
          const width = (parts[part] / whole) * WIDTH;
          const piece = `<rect class="part-${part}" x="${from.toFixed(1)}" y="4" width="${Math.max(0, width - 2).toFixed(1)}" height="40"/>`;
          from += width;
          return piece;
        });
  const rows = [...SHOWN, 'rework' as const].map(part => {
    const seconds = parts?.[part] ?? null;
    const share = seconds === null || whole === 0 ? '–' : `${Math.round((seconds / whole) * 100)} %`;
    const sample = part === 'rework' ? '' : `<span class="sample part-${part}"></span>`;
    return `<tr><th scope="row">${sample}${PART_NAMES[part]}</th><td>${time(seconds)}</td><td>${share}</td></tr>`;
  });
  return [
    '<figure>',
    `<svg viewBox="0 0 ${WIDTH} 48" role="img" aria-labelledby="parts-title parts-text">`,
    '<title id="parts-title">Where the time of the completed onboardings went</title>',
    `<desc id="parts-text">${said}.</desc>`,
    ...pieces,
    '</svg>',
    '</figure>',
    `<table><thead><tr><th scope="col">part</th><th scope="col">together</th><th scope="col">share</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  ].join('\n');
}
