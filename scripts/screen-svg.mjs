// Draws the rows of a screen as an SVG picture that can be read in light and in dark, and by a screen reader.

const WIDTH = 8.4;
const HEIGHT = 19;
const MARGIN = 20;

const STYLE = `
  .sheet { fill: #ffffff; stroke: #d0d7de; }
  text { fill: #1f2328; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }
  .bold { font-weight: 700; }
  .dim { fill: #59636e; }
  .green { fill: #1a7f37; }
  .red { fill: #cf222e; }
  .yellow { fill: #8a5a00; }
  .cyan { fill: #0a6d77; }
  @media (prefers-color-scheme: dark) {
    .sheet { fill: #0d1117; stroke: #3d444d; }
    text { fill: #e6edf3; }
    .dim { fill: #9198a1; }
    .green { fill: #3fb950; }
    .red { fill: #ff7b72; }
    .yellow { fill: #d29922; }
    .cyan { fill: #39c5cf; }
  }`;

const xml = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param rows cells of `{char, classes}`; `replace` is applied to each row's text and must keep its length. */
export function svgOf(rows, { columns, title, description, replace = text => text }) {
  const width = Math.ceil(columns * WIDTH + 2 * MARGIN);
  const height = rows.length * HEIGHT + 2 * MARGIN;
  const lines = rows.flatMap((row, index) => {
    const y = MARGIN + (index + 0.75) * HEIGHT;
    const runs = runsOf(row, replace);
    return runs.length === 0 ? [] : [`  <text y="${y.toFixed(1)}">${runs.map(drawn).join('')}</text>`];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
  <title id="title">${xml(title)}</title>
  <desc id="description">${xml(description)}</desc>
  <style>${STYLE}
  </style>
  <rect class="sheet" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lines.join('\n')}
</svg>
`;
}

/** Neighbouring cells of one look; blank ones at the ends are left out. */
function runsOf(row, replace) {
  const text = [...replace(row.map(cell => cell.char).join(''))];
  if (text.length !== row.length) throw new Error('a replacement changed the length of a row');
  const runs = [];
  row.forEach(({ classes }, column) => {
    const last = runs.at(-1);
    if (last && (last.classes === classes || text[column] === ' ')) last.text += text[column];
    else if (text[column] !== ' ') runs.push({ column, classes, text: text[column] });
  });
  return runs.map(run => ({ ...run, text: run.text.trimEnd() }));
}

function drawn({ column, classes, text }) {
  const look = classes === '' ? '' : ` class="${classes}"`;
  const x = (MARGIN + column * WIDTH).toFixed(1);
  const length = ([...text].length * WIDTH).toFixed(1);
  return `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${look}>${xml(text)}</tspan>`;
}
