/** Properties of a workflow command; those without a value are left out. */
export type CommandProperties = Readonly<Record<string, string | number | undefined>>;

/**
 * A workflow command of GitHub Actions, `::error file=a.toml,line=3::text`, with everything in it escaped as its runner
 * reads it (actions/runner, `ActionCommand.cs`).
 * @param name and the names of properties are ours: letters and dashes.
 */
export function githubCommand(name: string, data = '', properties: CommandProperties = {}): string {
  const given = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${escapeProperty(String(value))}`],
  );
  return `::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapeData(data)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
