import { describe, expect, it } from 'vitest';
import { parseLedger } from '../../../src/onboarding/ledger.ts';
import { type Report, reportOf } from '../../../src/onboarding/report.ts';
import { csvOf } from '../../../src/onboarding/report-csv.ts';
import { withSection } from '../../../src/onboarding/report-document.ts';
import { htmlOf } from '../../../src/onboarding/report-html.ts';
import { BEGIN, END, markdownOf } from '../../../src/onboarding/report-markdown.ts';
import { monthAfter, type Sample, samplesOf } from '../../../src/onboarding/samples.ts';
import { K, showable } from '../../../src/onboarding/suppress.ts';
import { AT, ledgerOf, WORKED_MONTH, type WorkedEpisode } from '../../support/worked-month.ts';

const samplesFrom = (month: readonly WorkedEpisode[]): Sample[] =>
  month.flatMap((worked, i) =>
    samplesOf(parseLedger(ledgerOf(worked, `e${i}`).join('\n')), { wall: AT, mono: '1', boot: '' }, `i${i}`),
  );
const report = (month: readonly WorkedEpisode[], own = false, at = '2026-11'): Report =>
  reportOf(samplesFrom(month), {
    month: at,
    asOf: '2026-11-30',
    workspace: 'demo',
    own,
    baselines: { 'onboarding-new': 86_400, qa: 1680 },
    targets: { onboarding: 5400, qa: 1200 },
  });
const now = (from: Report, name: string) => from.metrics.find(metric => metric.name === name)?.months.at(-1);

describe('the worked month', () => {
  const worked = report(WORKED_MONTH);

  it('has the figures that follow by hand', () => {
    // The eleventh of 17 that ended or went on longer: Kaplan–Meier, where the naive median is 81.5 minutes.
    expect(now(worked, 'onboarding')).toMatchObject({ n: 12, open: 5, median: 10_800, low: 3480, high: 93_600 });
    expect(now(worked, 'onboarding-new')).toMatchObject({ n: 6, open: 3, median: 72_000, high: null });
    // 16 17 18 19 21 22 24 28 minutes; the one that was stopped does not count.
    expect(now(worked, 'qa')).toMatchObject({ n: 8, median: 1200, low: 960, high: 1680, estimator: 'type-8' });
    expect(now(worked, 'first-green-qa')).toMatchObject({ n: 6, median: 4.5 * 3600 });
    expect(worked.excluded).toEqual({ clockSuspect: 1, stopped: 1 });
    expect(worked.open?.onboardings).toBe(5);
  });

  it('splits the time of the completed ones without a rest', () => {
    const took = WORKED_MONTH.filter(({ suspect }) => !suspect).reduce((sum, { took = 0 }) => sum + took, 0);
    const { machine = 0, prompt = 0, blocked = 0, away = 0 } = worked.parts ?? {};
    expect(machine + prompt + blocked + away).toBeCloseTo(took, 3);
    expect(blocked).toBe(50 * 3600 + 41 * 60);
  });

  it('shows nothing of fewer than five people, nor what would give them away', () => {
    // One is returning: with the seven experienced shown, the total would tell of that one.
    expect(now(worked, 'onboarding-returning')?.hidden ?? true).toBe(true);
    expect(now(worked, 'onboarding-experienced')).toMatchObject({ hidden: true, n: 0, median: null });
    // They are more than five: it is the one beside them who must not be told of.
    expect(markdownOf(worked)).toMatch(
      /Onboarding, experienced \|.* \| not shown: it would tell of fewer than 5 people \|/,
    );
    expect(worked.blocked.map(({ reason }) => reason)).toEqual(['access']);
    const few = report(WORKED_MONTH.slice(0, 4));
    expect(now(few, 'qa')).toMatchObject({ hidden: true, median: null });
    expect(few.parts).toBeNull();
    for (const text of [markdownOf(few), csvOf(few), htmlOf(few)]) {
      for (const figure of ['1860', '31 min', '2700', '45 min', '17 min']) expect(text).not.toContain(figure);
    }
  });

  it('is told alike in every format', () => {
    const [markdown, csv, html] = [markdownOf(worked), csvOf(worked), htmlOf(worked)];
    expect(markdown).toContain('| Onboarding | – | 1 h 30 min | 3 h (n = 12, 5 still open; 95 %: 58 min to 1 d 2 h) |');
    expect(markdown).toContain('| QA wait | 28 min | 20 min | 20 min (n = 8; 95 %: 16 min to 28 min) |');
    expect(html).toContain('3 h (n = 12, 5 still open; 95 %: 58 min to 1 d 2 h)');
    const [head = '', ...rows] = csv.split('\r\n').map(row => row.split(','));
    const row = rows.find(([month, metric]) => month === '2026-11' && metric === 'onboarding') ?? [];
    const value = (column: string): string | undefined => row[[...head].indexOf(column)];
    expect(['n', 'open', 'median', 'low', 'high'].map(value)).toEqual(['12', '5', '10800', '3480', '93600']);
    for (const cells of rows) expect(cells).toHaveLength(head.length);
  });

  it('has a trend, and months that are looked back at', () => {
    const earlier = WORKED_MONTH.slice(0, 6).map(one => ({ ...one, day: one.day - 30, took: (one.took ?? 0) + 600 }));
    const both = report([...WORKED_MONTH.slice(0, 12), ...earlier]);
    expect(markdownOf(both)).toMatch(/\| Onboarding \|.*\| [↓↑] from .* in October \|/);
    expect(report([...WORKED_MONTH, ...earlier], false, '2026-10').metrics[0]?.months.at(-1)).toMatchObject({ n: 6 });
  });
});

describe('an open onboarding', () => {
  const open = (day: number): WorkedEpisode => ({ day, cohort: 'new', blocked: ['access', 0] });

  it('counts with its age, and after thirty days no longer', () => {
    expect(now(report([open(20)], true), 'onboarding')).toMatchObject({ n: 0, open: 1 });
    expect(now(report([open(-20)], true), 'onboarding')).toMatchObject({ n: 0, open: 1 });
    expect(now(report([open(-40)], true), 'onboarding')).toMatchObject({ n: 0, open: 0 });
  });

  it('says what it is blocked on, and what that has cost until now', () => {
    const own = report([open(29)], true);
    expect(own.open).toEqual({ onboardings: 1, givenUp: 0, blockedOn: { access: 1 } });
    expect(own.blocked).toEqual([{ reason: 'access', seconds: 1.5 * 86_400 - 120, onboardings: 1 }]);
  });

  it('that is completed in a later month was open in the earlier one', () => {
    const late: WorkedEpisode = { day: -1, cohort: 'new', took: 5 * 86_400 };
    const before = report([late], true, '2026-10');
    expect(now(before, 'onboarding')).toMatchObject({ n: 0, open: 1 });
    expect(before.open).toEqual({ onboardings: 1, givenUp: 0, blockedOn: {} });
    expect(now(report([late], true), 'onboarding')).toMatchObject({ n: 1, open: 0, median: 5 * 86_400 });
  });
});

describe('what is left out of a total', () => {
  const H = 3600;
  const others = Array.from({ length: 5 }, (): WorkedEpisode => ({ day: 3, cohort: 'new', took: 9 * H }));
  const lost = (blocked: WorkedEpisode['blocked']) => (one: WorkedEpisode) => ({ ...one, ...(blocked && { blocked }) });

  it('cannot be worked out from the reasons that are shown', () => {
    const six = report([...others.map(lost(['secret', H])), ...others.slice(0, 1).map(lost(['access', 7 * H]))]);
    expect(six.parts?.blocked).toBe(12 * H);
    expect(six.blocked).toEqual([]);
    const enough = report([...others.map(lost(['secret', H])), ...others.map(lost(['access', H]))]);
    expect(enough.blocked.map(({ reason }) => reason)).toEqual(['access', 'secret']);
  });

  it('nor from the number of those that are open', () => {
    const open = others.map(({ took, ...one }): WorkedEpisode => one);
    const one = report([...open.map(lost(['access', 0])), ...open.slice(0, 1).map(lost(['human', 0]))]);
    expect(one.open).toEqual({ onboardings: 6, givenUp: 0, blockedOn: {} });
    const all = report(open.map(lost(['access', 0])));
    expect(all.open).toEqual({ onboardings: 5, givenUp: 0, blockedOn: { access: 5 } });
  });
});

describe('months', () => {
  it('go over the turn of a year', () => {
    expect([-11, -1, 1, 2].map(by => monthAfter('2026-11', by))).toEqual(['2025-12', '2026-10', '2026-12', '2027-01']);
  });
});

describe('groups that may be shown', () => {
  it('have five people, and hide the next one when the rest is fewer', () => {
    const people = (group: string, many: number) => Array.from({ length: many }, (_, i) => `${group}${i}`);
    const shown = (sizes: Record<string, number>) =>
      [...showable(Object.fromEntries(Object.entries(sizes).map(([name, n]) => [name, people(name, n)])))].sort();
    expect(shown({ a: 7, b: 6, c: 5, d: 2 })).toEqual(['a', 'b']);
    expect(shown({ a: 7, b: 4, c: 4 })).toEqual(['a']);
    expect(shown({ a: 5, b: 0 })).toEqual(['a']);
    expect(shown({ a: K - 1 })).toEqual([]);
    // The same three in two groups are three people.
    expect([...showable({ a: people('a', 6), b: people('b', 3), c: people('b', 3) })]).toEqual([]);
  });
});

describe('the section in a document', () => {
  const section = markdownOf(report(WORKED_MONTH));

  it('is put at the end, then replaced, and everything else stays', () => {
    const first = withSection('# Roadmap\n\nText.', section, 'r.md');
    expect(first).toBe(`# Roadmap\n\nText.\n\n${section}\n`);
    const other = markdownOf(report(WORKED_MONTH.slice(0, 12)));
    const around = first.replace(section, `${section}\n\n## After`);
    expect(withSection(around, other, 'r.md')).toBe(around.replace(section, other));
    expect(withSection('', section, 'r.md')).toBe(`${section}\n`);
  });

  it('stays as it is when only the day would change, also with the ends of lines of Windows', () => {
    const windows = withSection('# Roadmap\r\n', section, 'r.md');
    expect(windows.replaceAll('\r\n', '')).not.toContain('\n');
    const later = section.replace('as of 2026-11-30', 'as of 2026-12-01');
    expect(later).not.toBe(section);
    expect(withSection(windows, later, 'r.md')).toBe(windows);
  });

  it.each([
    ['no end', `a ${BEGIN} b`],
    ['no begin', `a ${END} b`],
    ['the wrong order', `${END}\n${BEGIN}`],
    ['two of them', `${BEGIN}\n${END}\n${BEGIN}\n${END}`],
  ])('is not written where the markers have %s', (_, document) => {
    expect(() => withSection(document, section, 'r.md')).toThrow(expect.objectContaining({ id: 'HB551', exit: 78 }));
  });
});

describe('the page', () => {
  const page = htmlOf(report(WORKED_MONTH));

  it('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|\son\w+=/);
    expect(page).toContain(`default-src 'none'`);
  });

  it('has charts that a screen reader can read, each once', () => {
    const charts = [...page.matchAll(/<svg [^>]*role="img" aria-labelledby="([^"]+)"/g)];
    expect(charts.length).toBe(report(WORKED_MONTH).metrics.length + 1);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, labels = ''] of charts) for (const label of labels.split(' ')) expect(ids).toContain(label);
  });

  it('has room for the counts of a large team below its months', () => {
    const many = report(Array.from({ length: 12 }, () => WORKED_MONTH).flat());
    const labels = [...htmlOf(many).matchAll(/class="count" x="([\d.]+)"[^>]*>([^<]*)</g)];
    expect(labels.map(([, , label]) => label)).toContain('144 + 60');
    const [first, second] = labels.map(([, x]) => Number(x));
    // A sign of this font is about 6.5 wide.
    for (const [, , label = ''] of labels) expect(label.length * 6.5).toBeLessThan((second ?? 0) - (first ?? 0));
  });

  it('does not call nobody what it must not show', () => {
    const few = htmlOf(report(WORKED_MONTH.slice(0, 4)));
    expect(few).toContain('not shown: it would tell of fewer than 5 people</text>');
    expect(few).not.toContain('n = 0</text>\n</svg>\n</figure>\n<table>');
    expect(htmlOf(report([]))).toContain('no completed onboarding: n = 0');
  });

  it('draws its charts without values too, and says n', () => {
    const empty = htmlOf(report([], true));
    // Onboarding, of new people (there is a baseline), QA, and the bar of the parts.
    expect([...empty.matchAll(/<svg /g)]).toHaveLength(4);
    expect(empty).toContain('no median yet: n = 0');
    expect(empty).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});
