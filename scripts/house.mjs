// Draws docs/architecture.svg: the floors of scripts/house.json from the top, and in each box what its files really
// import from other folders. `--check` writes nothing and fails when the file is not what would be written.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs', 'architecture.svg');
const floors = JSON.parse(readFileSync(join(import.meta.dirname, 'house.json'), 'utf8'));
const order = floors.flatMap(floor => floor.map(({ name }) => name));

const WIDTH = 880;
const LEFT = 16;
const GAP = 12;
const PADDING = 12;
const LINE = 19;
/** Average width of a letter at 13 px, on the wide side. */
const LETTER = 6.9;

const folderOf = file => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, ''));

/** For each folder of src the other folders that its files import from. */
function imports() {
  const all = new Map();
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const own = folderOf(name);
    const uses = all.get(own) ?? new Set();
    const text = readFileSync(join(root, 'src', name), 'utf8');
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const used = folderOf(posix.join(posix.dirname(name), specifier));
      if (used !== own && !used.startsWith('..')) uses.add(used);
    }
    all.set(own, uses);
  }
  const lost = [...all.keys()].filter(name => !order.includes(name));
  const gone = order.filter(name => !all.has(name));
  if (lost.length + gone.length > 0)
    throw new Error(`scripts/house.json and src/ differ in ${[...lost, ...gone].join(', ')}`);
  return all;
}

const plain = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Words in lines of at most `width` pixels. */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (line.length * LETTER > width && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

/** A folder as a box, at least `height` pixels high. */
function box({ name, what, door }, used, x, y, width, height) {
  const rows = [
    ['name', name],
    ['', what],
    ['quiet', used.length === 0 ? 'imports nothing' : `imports ${used.join(', ')}`],
    ...(door ? [['door', `door to the outside: ${door}`]] : []),
  ].flatMap(([kind, text]) => wrap(text, width - 2 * PADDING).map(line => [kind, line]));
  const text = rows.map(
    ([kind, line], row) =>
      `<text${kind && ` class="${kind}"`} x="${x + PADDING}" y="${y + PADDING + 12 + row * LINE}">${plain(line)}</text>`,
  );
  const own = Math.max(height, 2 * PADDING + rows.length * LINE - 4);
  const rect = `<rect class="box" x="${x}" y="${y}" width="${width}" height="${own}" rx="6"/>`;
  return { height: own, svg: [rect, ...text].join('\n') };
}

function draw() {
  const uses = imports();
  const parts = [];
  let y = LEFT;
  for (const floor of floors) {
    const width = (WIDTH - 2 * LEFT - (floor.length - 1) * GAP) / floor.length;
    const boxes = height =>
      floor.map((folder, index) => {
        const used = order.filter(name => uses.get(folder.name)?.has(name));
        return box(folder, used, LEFT + index * (width + GAP), y, width, height);
      });
    const height = Math.max(...boxes(0).map(one => one.height));
    parts.push(...boxes(height).map(one => one.svg));
    y += height + GAP;
  }
  const said = floors.map(floor => floor.map(({ name }) => name).join(', ')).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 4}" role="img" aria-labelledby="title description">
<title id="title">The floors of the program, and what each folder imports</title>
<desc id="description">From the top: ${said}. A file imports only from floors below its own, or from its own folder.</desc>
<style>
.sheet { fill: #ffffff; } .box { fill: #f3f5f7; stroke: #8b949e; }
text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.name { font-weight: 600; font-size: 15px; } .quiet { fill: #59636e; } .door { fill: #0757b8; }
@media (prefers-color-scheme: dark) {
.sheet { fill: #0d1117; } .box { fill: #171c24; stroke: #59636e; }
text { fill: #e6edf3; } .quiet { fill: #9da7b3; } .door { fill: #6cb3ff; }
}
</style>
<rect class="sheet" width="${WIDTH}" height="${y + 4}"/>
${parts.join('\n')}
</svg>
`;
}

const wanted = draw();
if (!process.argv.includes('--check')) writeFileSync(target, wanted);
else if (!existsSync(target) || readFileSync(target, 'utf8') !== wanted) {
  console.error('docs/architecture.svg is not what src/ says: run `node scripts/house.mjs`.');
  process.exitCode = 1;
}
