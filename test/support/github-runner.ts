/** A command as the runner of GitHub Actions reads it from a line of a log. */
export interface RunnerCommand {
  name: string;
  properties: Record<string, string>;
  data: string;
}

/** Commands the runner obeys (actions/runner, `ActionCommandManager.cs` and `ExecutionContext` of version 2.3xx). */
const KNOWN = new Set(
  (
    'add-mask add-matcher add-path debug echo endgroup error group notice remove-matcher save-state set-env set-output ' +
    'set-secret stop-commands warning internal-set-repo-path'
  ).split(' '),
);

/**
 * The command in one line, by the rules of the runner (`ActionCommand.cs`): `::name key=value,…::data` after the white
 * space at the beginning of the line, else `##[name key=value;…]data` anywhere in it. Undefined for plain text.
 */
export function runnerCommand(line: string): RunnerCommand | undefined {
  return secondForm(line) ?? firstForm(line);
}

function secondForm(line: string): RunnerCommand | undefined {
  const text = line.trimStart();
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  if (end < 0) return undefined;
  const head = text.slice(2, end);
  const space = head.indexOf(' ');
  const name = space < 0 ? head : head.slice(0, space);
  if (!KNOWN.has(name.toLowerCase())) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space < 0
    ? []
    : head
        .slice(space + 1)
        .trim()
        .split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) properties[pair.slice(0, equals)] = unescapeProperty(pair.slice(equals + 1));
  }
  return { name, properties, data: unescapeData(text.slice(end + 2)) };
}

function firstForm(line: string): RunnerCommand | undefined {
  const start = line.indexOf('##[');
  const end = line.indexOf(']', start);
  if (start < 0 || end < 0) return undefined;
  const [name = ''] = line.slice(start + 3, end).split(' ');
  return KNOWN.has(name.toLowerCase()) ? { name, properties: {}, data: line.slice(end + 1) } : undefined;
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

/** All commands of a log, which is cut into lines as .NET's reader does. */
export function runnerCommands(log: string): RunnerCommand[] {
  return log.split(/\r\n|\n|\r/).flatMap(line => runnerCommand(line) ?? []);
}

/** A log as GitHub shows it: commands that mask are not in it, and what they mask is not readable. */
export function shownLog(log: string): string {
  const masks: string[] = [];
  return log
    .split('\n')
    .flatMap(line => {
      const command = runnerCommand(line);
      if (command?.name === 'add-mask') masks.push(command.data);
      if (command?.name === 'add-mask') return [];
      return [masks.reduce((text, mask) => text.replaceAll(mask, '***'), line)];
    })
    .join('\n');
}

/** How the runner reads a file such as GITHUB_ENV on Linux (`FileCommandManager.cs`: `EnvFileKeyValuePairs`). */
export function runnerReads(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let index = 0;
  const readLine = (): { line: string; newline: string } | undefined => {
    if (index >= text.length) return undefined;
    const end = text.indexOf('\n', index);
    const from = index;
    index = end === -1 ? text.length : end + 1;
    return { line: text.slice(from, end === -1 ? undefined : end), newline: end === -1 ? '' : '\n' };
  };
  for (let read = readLine(); read; read = readLine()) {
    const { line } = read;
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    else if (heredoc >= 0) {
      const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
      if (name === '' || delimiter === '') throw new Error(`invalid format: ${line}`);
      let value = '';
      let newline = '';
      for (let next = readLine(); ; next = readLine()) {
        if (!next) throw new Error(`no delimiter ${delimiter}`);
        if (next.line === delimiter) break;
        value += newline + next.line;
        newline = next.newline;
      }
      pairs.push([name, value]);
    } else throw new Error(`invalid format: ${line}`);
  }
  return pairs;
}
