// Writes the generated parts of docs/reference.md: commands and options from src/commands/table.ts, manifest keys from
// schemas/manifest.schema.json. `--check` writes nothing and fails when the file is not what would be written.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs', 'reference.md');

/** The command table, as the tool itself uses it. */
async function commandTable() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/commands/table.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  const [file] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`);
}

const cell = text => text.replaceAll('|', '\\|');

function optionTable(options) {
  return [
    '| option | |',
    '|---|---|',
    ...options.map(
      ({ flags, help, repeat }) =>
        `| \`${cell(flags)}\` | ${cell(help)}${repeat ? ' (may be given several times)' : ''} |`,
    ),
  ];
}

function commandPart({ COMMANDS, GLOBAL_OPTIONS }) {
  const lines = ['Options of every command:', '', ...optionTable(GLOBAL_OPTIONS)];
  for (const spec of COMMANDS) {
    const { name, summary, about, args, actions, options, examples, changes, passThrough } = spec;
    const words = actions ? `${actions.map(action => action.name).join('|')} [name]` : (args ?? '');
    const before = passThrough ? dashed(words) : `${words}${words ? ' ' : ''}[options]`;
    lines.push(
      '',
      `### ${name}`,
      '',
      [summary, about].filter(Boolean).join(' '),
      '',
      '```text',
      `hotpass-bootstrap ${name} ${before}`,
      '```',
    );
    const own = changes ? [...options, { flags: '-y, --yes', help: 'go on without asking for confirmation' }] : options;
    if (own.length > 0) lines.push('', ...optionTable(own));
    if (spec.ends) lines.push('', ...endsTable(spec.ends));
    lines.push('', 'Examples:', '', '```text', ...examples, '```');
    for (const action of actions ?? []) lines.push('', ...actionPart(name, action));
  }
  return lines;
}

/** What the exit codes of a command mean, where they are more than 0 and an error. */
function endsTable(ends) {
  return ['| exit | |', '|---|---|', ...ends.map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`)];
}

/** One action of a command: what its own help says. */
function actionPart(command, { name, args, summary, about, examples }) {
  const words = [command, name, args].filter(Boolean).join(' ');
  const said = [summary, about].filter(Boolean).join(' ');
  return [
    `#### ${command} ${name}`,
    '',
    said,
    '',
    '```text',
    `hotpass-bootstrap ${words} [options]`,
    ...examples,
    '```',
  ];
}

/** `[options] <name> -- [command...]` */
function dashed(words) {
  const each = words.split(' ');
  return ['[options]', ...each.slice(0, -1), '--', each.at(-1)].join(' ');
}

/** One row a key of the manifest; `*` stands for a name the team chooses. */
function* keysOf(schema, path = '') {
  for (const [name, value] of Object.entries(schema.properties ?? {}))
    yield* keyOf(value, path ? `${path}.${name}` : name);
  if (typeof schema.additionalProperties === 'object') {
    const inner = schema.additionalProperties;
    if (inner.properties) yield* keysOf(inner, `${path}.*`);
  }
  for (const option of schema.anyOf ?? []) if (option.properties) yield* keysOf(option, path);
}

function* keyOf(value, path) {
  yield { path, kind: kindOf(value), description: value.description ?? '' };
  yield* keysOf(value, path);
  if (value.type === 'array' && value.items?.properties) yield* keysOf(value.items, `${path}[]`);
}

function kindOf(value) {
  if (value.const !== undefined) return JSON.stringify(value.const);
  if (value.enum) return value.enum.map(entry => JSON.stringify(entry)).join(', ');
  if (value.anyOf) return [...new Set(value.anyOf.map(kindOf))].join(', or ');
  if (value.type === 'array')
    return value.items?.properties ? 'list of tables' : `list of ${plural(kindOf(value.items ?? {}))}`;
  if (value.type === 'object') return 'table';
  const names = { string: 'text', number: 'number', boolean: 'true or false' };
  return [value.type]
    .flat()
    .map(type => names[type] ?? type)
    .join(', ');
}

const plural = kind => (kind === 'text' ? 'texts' : kind);

function manifestPart() {
  const schema = JSON.parse(readFileSync(join(root, 'schemas', 'manifest.schema.json'), 'utf8'));
  const rows = [...keysOf(schema)].map(
    ({ path, kind, description }) => `| \`${cell(path)}\` | ${cell(kind)} | ${cell(description)} |`,
  );
  return ['| key | value | |', '|---|---|---|', ...rows];
}

/** The page with its generated parts replaced, each between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
export function withParts(page, parts) {
  let text = page;
  for (const [name, lines] of Object.entries(parts)) {
    const marks = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(\n<!-- end ${name} -->)`);
    if (!marks.test(text)) throw new Error(`docs/reference.md has no place for ${name}`);
    text = text.replace(marks, (_, begin, end) => `${begin}\n${lines.join('\n')}\n${end}`);
  }
  return text;
}

const page = readFileSync(target, 'utf8');
const wanted = withParts(page, { commands: commandPart(await commandTable()), manifest: manifestPart() });
if (!process.argv.includes('--check')) writeFileSync(target, wanted);
else if (wanted !== page) {
  console.error('docs/reference.md is not what the code says: run `node scripts/reference.mjs`.');
  process.exitCode = 1;
}
