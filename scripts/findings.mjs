// Writes docs/findings/README.md, the index of all findings, from their pages.
// `--check` writes nothing and fails when the file is not what would be written.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'docs', 'findings');
const target = join(folder, 'README.md');

const INTRODUCTION = `# Findings

Every finding and many errors carry an id such as \`HB221\`. Ids are stable and never used again for something else.
"Stops" means that the command ends with that exit code and nothing was half-written; failures, warnings and notes are shown beside the result.
`;

/** Headings in the order of the page, each with its ranges of ids. */
const PARTS = [
  ['The tool itself, uv, the manifest', [110, 149], [510, 539]],
  ['The machine', [150, 169]],
  ['Prefect', [200, 219], [260, 279]],
  ['Python, tasks, readiness', [220, 259], [280, 299], [495, 499]],
  ['Secrets', [300, 359], [380, 399]],
  ['Vault', [360, 379]],
  ['Telemetry', [400, 419], [440, 479]],
  ['Environment file and telemetry file', [420, 439]],
  ['Approval', [500, 509]],
  ['CI', [480, 494]],
  ['Report', [550, 569]],
];

const pages = readdirSync(folder)
  .filter(name => /^HB\d+\.md$/.test(name))
  .sort()
  .map(name => {
    const [first = '', , third = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const [, id, title] = /^# (HB\d+): (.+)$/.exec(first) ?? [];
    const [, kind] = /^(.+)\.$/.exec(third) ?? [];
    if (`${id}.md` !== name || !kind)
      throw new Error(`docs/findings/${name} does not begin with its id, its title and its kind`);
    return { id, number: Number(id.slice(2)), row: `| [${id}](${id}.md) | ${title} | ${kind} |` };
  });

const within =
  number =>
  ([from, to]) =>
    from <= number && number <= to;
const lost = pages.filter(({ number }) => !PARTS.some(([, ...ranges]) => ranges.some(within(number))));
if (lost.length > 0) throw new Error(`no heading of the index has ${lost.map(({ id }) => id).join(', ')}`);

const parts = PARTS.flatMap(([title, ...ranges]) => {
  const rows = pages.filter(({ number }) => ranges.some(within(number))).map(({ row }) => row);
  return rows.length === 0
    ? []
    : [['', `## ${title}`, '', '| id | what | kind |', '|---|---|---|', ...rows, ''].join('\n')];
});
const wanted = INTRODUCTION + parts.join('');

if (!process.argv.includes('--check')) writeFileSync(target, wanted);
else if (!existsSync(target) || readFileSync(target, 'utf8') !== wanted) {
  console.error('docs/findings/README.md is not what the pages say: run `node scripts/findings.mjs`.');
  process.exitCode = 1;
}
