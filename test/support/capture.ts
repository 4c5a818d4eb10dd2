/** The rows of text in a picture of a terminal, as it showed them. */
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

const STEP =
  /^ {2}\S+ (hotpass-bootstrap itself|uv|Python environment|Prefect profile|Telemetry|Secrets|Environment file|Tasks of the workspace|Ready)(?: {2,}.*)?$/u;

/** What two runs on two machines have in common: no times, no versions, no machine, not how far a step has come. */
export function likeness(rows: readonly string[]): string[] {
  // Said where a busy machine lets the keychain take more than a second.
  const lasting = rows.filter(row => !row.startsWith('Your keychain may ask you something'));
  return lasting.map(row => {
    const step = STEP.exec(row)?.[1];
    if (step !== undefined) return step;
    if (/^ {2}\S+ machine /u.test(row)) return 'machine';
    return row
      .replace(/\d+(?:\.\d+)? (?:s|min|h)\b(?: \d+ (?:s|min))?/g, 'TIME')
      .replace(/, TIME waiting for you/, '')
      .replace(/\b\d+\.\d+(?:\.\d+)*\b/g, 'VERSION')
      .replace(/ +/g, ' ')
      .trim();
  });
}
