import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { EXIT } from '../../src/core/errors.ts';
import { STEPS } from '../../src/steps/index.ts';
import { capturedRows, likeness } from '../support/capture.ts';
import { pages, read, shellBlocks } from '../support/pages.ts';
import { repository } from '../support/tools.ts';

const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: read(join('src', file)) }));

describe('the pages', () => {
  it('are there', () => {
    expect(pages().length).toBeGreaterThan(100);
  });

  it('have only links that lead somewhere, headings included', () => {
    const broken: string[] = [];
    for (const page of pages()) {
      for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const full = path === '' ? join(repository, page) : resolve(repository, dirname(page), path);
        if (!existsSync(full)) broken.push(`${page}: ${target}`);
        else if (anchor !== undefined && !anchors(readFileSync(full, 'utf8')).includes(anchor)) {
          broken.push(`${page}: ${target}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  it('name no command that there is not', () => {
    const known = new Set(COMMANDS.map(({ name }) => name));
    const said = [...pages().map(page => ({ file: page, text: read(page) })), ...sources].flatMap(({ file, text }) =>
      // In code, and not where a comma or a full stop makes it a sentence.
      [...text.matchAll(/[`'"\n(] ?(?:npx )?hotpass-bootstrap ([a-z][a-z-]*)(?=[`'" \n])/g)].map(
        ([, word = '']) => `${file}: ${word}`,
      ),
    );
    expect(said.length).toBeGreaterThan(50);
    const words = said.filter(text => !known.has(text.split(': ')[1] ?? '') && !IN_SENTENCES.has(text));
    expect(words).toEqual([]);
  });

  it('show every exit code in README and reference', () => {
    for (const page of ['README.md', 'docs/reference.md']) {
      const shown = [...read(page).matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(', '));
      for (const code of Object.values(EXIT)) expect(shown, page).toContain(String(code));
    }
  });

  it('have a reference that is what the code says', () => {
    execFileSync(process.execPath, ['scripts/reference.mjs', '--check'], { cwd: repository });
  });

  it('list every command in README', () => {
    for (const { name } of COMMANDS)
      expect(read('README.md')).toMatch(new RegExp(`\`hotpass-bootstrap \\[?${name}\\b`));
  });

  it('have shell blocks that the end-to-end test runs', () => {
    expect(shellBlocks('README.md')).toContain('make setup');
    const guides = pages().filter(page => page.startsWith('docs/guides/'));
    expect(guides.flatMap(shellBlocks).length).toBeGreaterThan(20);
  });
});

describe('the findings', () => {
  const ids = [...new Set(sources.flatMap(({ text }) => [...text.matchAll(/\bHB\d{3}\b/g)].map(([id]) => id)))].sort();
  const written = readdirSync(join(repository, 'docs', 'findings'))
    .filter(name => /^HB/.test(name))
    .map(name => name.replace(/\.md$/, ''))
    .sort();

  it('have a page for every id of the code, and no page for another', () => {
    expect(ids.length).toBeGreaterThan(100);
    expect(written).toEqual(ids);
  });

  it('have an index that is what the pages say', () => {
    execFileSync(process.execPath, ['scripts/findings.mjs', '--check'], { cwd: repository });
  });

  it.each(written)('%s says what it is, why, and what to do', id => {
    const text = read(`docs/findings/${id}.md`);
    expect(text.split('\n')[0]).toMatch(new RegExp(`^# ${id}: .{5,70}$`));
    for (const heading of ['What it says', 'Why', 'What to do']) {
      expect(text).toMatch(new RegExp(`^## ${heading}\n\n\\S.{9,}`, 'm'));
    }
    const title = text.split('\n')[0]?.replace(`# ${id}: `, '') ?? '';
    expect(read('docs/findings/README.md')).toContain(`| [${id}](${id}.md) | ${title} |`);
  });
});

describe('the decisions', () => {
  const records = readdirSync(join(repository, 'docs', 'decisions')).filter(name => /^\d{4}-.*\.md$/.test(name));

  it('are numbered without gaps and listed', () => {
    expect(records.map(name => Number(name.slice(0, 4)))).toEqual(records.map((_, index) => index + 1));
    for (const name of records) {
      expect(read('docs/decisions/README.md')).toContain(`](${name})`);
      expect(read(`docs/decisions/${name}`)).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
    }
  });
});

describe('the picture of the house', () => {
  const page = read('docs/architecture.md');

  it('is what src says, and stands on the page', () => {
    execFileSync(process.execPath, ['scripts/house.mjs', '--check'], { cwd: repository });
    expect(page).toMatch(/!\[[^\]]{20,}\]\(architecture\.svg\)/);
  });

  it('lists the steps as the code does', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, id, title]) => [id, title]);
    expect(listed).toEqual(STEPS.map(({ id, title }) => [id, title]));
  });
});

describe('the capture', () => {
  const rows = capturedRows(read('docs/capture.svg'));

  it('shows the steps that there are, in their order', () => {
    const from = rows.findIndex(row => row.includes('Go ahead?'));
    const run = rows.slice(
      from,
      rows.findIndex(row => row.startsWith('✔ ready')),
    );
    const lines = run.flatMap(row => /^ {2}✔ (.*)$/.exec(row)?.[1] ?? []);
    expect(lines.map(line => STEPS.find(({ title }) => line === title || line.startsWith(`${title} `))?.title)).toEqual(
      STEPS.map(({ title }) => title),
    );
  });

  it('shows a run that ended well, and an idle one', () => {
    expect(rows.some(row => /^✔ ready in .* machine/.test(row))).toBe(true);
    expect(rows.at(-1)).toMatch(/^hotpass-bootstrap: everything in order \(local\)/);
    expect(Math.max(...rows.map(row => row.length))).toBeLessThanOrEqual(80);
  });

  it('is likened to another run by all that the tool decides', () => {
    const [first, other] = [
      ['✔ ready in 5.8 s: 5.1 s machine, 0.7 s waiting for you', '  ⠋ uv                  1 s  asking', '+ a 0.13.9'],
      ['✔ ready in 1 min 3 s: 1 min 3 s machine', '  · uv', '+ a 1.2.3'],
    ];
    expect(likeness(first)).toEqual(likeness(other));
    expect(likeness(['✔ ready in 5.8 s: 5.1 s machine'])).not.toEqual(likeness(['✔ done in 5.8 s: 5.1 s machine']));
  });
});

describe('the pictures', () => {
  const pictures = [
    'docs/capture.svg',
    ...readdirSync(join(repository, 'docs', 'pictures')).map(name => `docs/pictures/${name}`),
  ];

  it('stand in the guides, each once', () => {
    const shown = pages().flatMap(page =>
      [...read(page).matchAll(/!\[[^\]]{20,}\]\(([^)]*pictures\/[^)]+)\)/g)].map(([, path = '']) =>
        join(dirname(page), path),
      ),
    );
    expect(shown.sort()).toEqual(pictures.filter(path => path !== 'docs/capture.svg').sort());
  });

  it.each(pictures.filter(path => path.endsWith('.svg')))(
    '%s can be read by everybody and shows no path of a machine',
    path => {
      const svg = read(path);
      expect(svg).toMatch(/role="img" aria-labelledby="title description"/);
      expect(svg).toMatch(/<title id="title">.{20,}<\/title>/);
      expect(svg).toMatch(/<desc id="description">.{40,}<\/desc>/);
      expect(svg).toContain('prefers-color-scheme: dark');
      expect(svg).not.toMatch(/\/(tmp|root|work|private|Users)\b/);
      for (const row of capturedRows(svg)) expect(row.length).toBeLessThanOrEqual(80);
    },
  );

  it('have colours that can be read on both sheets', () => {
    const [light = '', dark = ''] = read('docs/pictures/plan.svg').split('prefers-color-scheme');
    for (const part of [light, dark]) {
      const sheet = /\.sheet \{ fill: (#\w{6})/.exec(part)?.[1] ?? '';
      const inks = [...part.matchAll(/(?:text|\.\w+) \{ fill: (#\w{6})/g)].map(([, ink = '']) => ink);
      expect(inks.length).toBeGreaterThan(5);
      // WCAG 2.2 AA for text.
      for (const ink of inks.filter(ink => ink !== sheet)) expect(contrast(ink, sheet), ink).toBeGreaterThan(4.5);
    }
  });
});

describe('the attacks that security.md lists', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| (.+) \| `((?:unit|integration|e2e)\/[\w/-]+)`: (.+) \|$/gm)];

  it('are many, each once, and every row names a test', () => {
    const table =
      /## Attacks that are tests[\s\S]*?\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(read('docs/security.md'))?.[1] ?? '';
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.length).toBe(table.split('\n').length);
    expect(new Set(rows.map(([, attack]) => attack)).size).toBe(rows.length);
  });

  it.each(rows.map(([, attack = '', file = '', title = '']) => ({ attack, file, title })))(
    '$attack: $file has its test',
    ({ file, title }) => {
      const titles = [
        ...read(`test/${file}.test.ts`).matchAll(/\b(?:it|test)(?:\.each\([\s\S]*?\))?\(\s*(['"`])(.*?)\1,/g),
      ].map(([, , text]) => text);
      expect(titles).toContain(title);
    },
  );

  it('have canary tests beside them', () => {
    for (const name of ['canary', 'canary-vault', 'canary-stores']) {
      expect(read('docs/security.md')).toContain(`\`e2e/${name}\``);
      expect(existsSync(join(repository, 'test', 'e2e', `${name}.test.ts`))).toBe(true);
    }
  });
});

/** Contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance). */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** The anchors of a page, as GitHub makes them from its headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Where our name is followed by a word that is no command: the title of a step. */
const IN_SENTENCES = new Set(['steps/self.ts: itself', 'secrets/sealed-format.ts: key']);
