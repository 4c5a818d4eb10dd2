/** GitLab takes no larger file (its default; an administrator may allow more). */
const LARGEST = 5 * 1024;

/**
 * A dotenv report with these variables, after the lines that stand in it already: `NAME=value`, UTF-8, no quotes, no
 * comments, no empty lines, nothing over several lines (docs.gitlab.com, `artifacts:reports:dotenv`).
 * @returns why there can be none, else the whole text.
 */
export function gitlabReport(
  before: string,
  variables: Readonly<Record<string, string>>,
): { text: string } | { reason: string } {
  const kept = before.split('\n').filter(line => line !== '' && !(nameOf(line) in variables));
  const added: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { reason: `${name} is no name of a variable` };
    if (/[\r\n\0]/.test(value)) return { reason: `${name} has several lines, which such a report cannot hold` };
    if (value !== value.trim()) return { reason: `${name} begins or ends with a space, which GitLab takes off` };
    added.push(`${name}=${value}`);
  }
  const text = `${[...kept, ...added].join('\n')}\n`;
  return Buffer.byteLength(text) > LARGEST
    ? { reason: 'it would have more than 5 KiB, which GitLab refuses' }
    : { text };
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf('='))).trim();
}
