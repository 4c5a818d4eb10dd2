/** The rows of text in docs/capture.svg, as a terminal showed them. */
export function capturedRows(svg: string): string[] {
  return [...svg.matchAll(/<text y="[\d.]+">(.*?)<\/text>/g)].map(([, line = '']) => {
    let row = '';
    for (const [, x = '', text = ''] of line.matchAll(/<tspan x="([\d.]+)"[^>]*>([^<]*)</g)) {
      row = row.padEnd(Math.round((Number(x) - MARGIN) / WIDTH)) + plain(text);
    }
    return row;
  });
}

/** As in scripts/screen-svg.mjs. */
const MARGIN = 20;
const WIDTH = 8.4;

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
