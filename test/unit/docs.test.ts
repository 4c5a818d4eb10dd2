import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { EXIT } from '../../src/core/errors.ts';
import { STEPS } from '../../src/steps/index.ts';
import { capturedRows } from '../support/capture.ts';
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
    expect(shellBlocks('docs/guide.md').length).toBeGreaterThan(3);
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
  const drawing = /```text\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

  it('shows each folder of src once, and no other', () => {
    const folders = [...new Set(sources.flatMap(({ file }) => (file.includes('/') ? [file.split('/')[0]] : [])))];
    const shown = [...drawing.matchAll(/│ ([a-z]+)(?=:| +│)/g)].map(([, name = '']) => name);
    expect(shown.sort()).toEqual(folders.sort());
    expect(drawing).toContain('cli.ts');
  });

  it('has them on the floors on which they import', () => {
    const rows = drawing.split('\n').flatMap(line => {
      const names = [...line.matchAll(/│ ([a-z]+)(?=:| +│|\.ts:)/g)].map(([, name = '']) => name);
      return names.length === 0 ? [] : [names];
    });
    const floor = (name: string): number => rows.findIndex(row => row.includes(name));
    for (const { file, text } of sources) {
      const own = file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
      for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
        const target = join(dirname(file), specifier).split('/')[0] ?? '';
        if (target === own || file === 'cli.ts') continue;
        expect(floor(target), `${file} -> ${specifier}`).toBeGreaterThan(floor(own));
      }
    }
  });

  it('lists the steps as the code does', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, id, title]) => [id, title]);
    expect(listed).toEqual(STEPS.map(({ id, title }) => [id, title]));
  });
});

describe('the capture', () => {
  const rows = capturedRows(read('docs/capture.svg'));

  it('shows the steps that there are, in their order', () => {
    const lines = rows.flatMap(row => /^ {2}✔ (.*)$/.exec(row)?.[1] ?? []);
    expect(lines.map(line => STEPS.find(({ title }) => line === title || line.startsWith(`${title} `))?.title)).toEqual(
      STEPS.map(({ title }) => title),
    );
  });

  it('shows a run that ended well, and an idle one', () => {
    expect(rows.some(row => /^✔ ready in .* machine/.test(row))).toBe(true);
    expect(rows.at(-1)).toMatch(/^hotpass-bootstrap: everything in order \(local\)/);
    expect(Math.max(...rows.map(row => row.length))).toBeLessThanOrEqual(80);
  });

  it('can be read by everybody and shows no path of a machine', () => {
    const svg = read('docs/capture.svg');
    expect(svg).toMatch(/role="img" aria-labelledby="title description"/);
    expect(svg).toMatch(/<title id="title">.{20,}<\/title>/);
    expect(svg).toMatch(/<desc id="description">.{40,}<\/desc>/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/\/(tmp|root|work|private|Users)\b/);
  });
});

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
const IN_SENTENCES = new Set(['steps/self.ts: itself']);
