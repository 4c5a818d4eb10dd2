import type { Finding } from '../core/findings.ts';
import { splitCommand } from '../core/quote.ts';

/** A fix that can be carried out without a shell. */
export type Fix =
  /** Starts a program. */
  | { kind: 'run'; argv: readonly string[]; cwd?: string }
  /** Puts a line at the end of a file. */
  | { kind: 'append'; path: string; line: string };

/**
 * A printed command as what it does: a program with plain words, the same in a folder (`cd DIR && …`), or
 * `echo LINE >> FILE` (or `printf '\n%s\n' LINE >> FILE`, where the last line has no end).
 * @returns undefined for everything that wants a shell; that is for a person to type.
 */
export function readFix(command: string): Fix | undefined {
  const [, folder, inside] = /^cd (.+?) && (.*)$/s.exec(command) ?? [];
  if (folder !== undefined && inside !== undefined) {
    const [cwd, ...others] = splitCommand(folder) ?? [];
    const argv = splitCommand(inside);
    return cwd === undefined || others.length > 0 || !argv || isOfShell(argv) ? undefined : { kind: 'run', argv, cwd };
  }
  const [, said, file] = /^(?:echo|printf '\\n%s\\n') (.+) >> (.+)$/s.exec(command) ?? [];
  if (said !== undefined && file !== undefined) {
    const line = splitCommand(said);
    const [path, ...others] = splitCommand(file) ?? [];
    return !line || path === undefined || others.length > 0
      ? undefined
      : { kind: 'append', path, line: line.join(' ') };
  }
  const argv = splitCommand(command);
  return argv && !isOfShell(argv) ? { kind: 'run', argv } : undefined;
}

/** Words that only the person's own shell can act on. */
function isOfShell([program = '']: readonly string[]): boolean {
  return /^(alias|cd|conda|deactivate|eval|exec|export|set|source|ulimit|umask|unset|\.)$/.test(program);
}

/** The safe fixes of findings, each command once, in their order, with the findings that it mends. */
export function safeFixes(findings: readonly Finding[]): { command: string; fix: Fix; ids: string[] }[] {
  const found = new Map<string, { command: string; fix: Fix; ids: string[] }>();
  for (const { id, fix } of findings) {
    const read = fix?.safe ? readFix(fix.command) : undefined;
    if (!fix || !read) continue;
    const known = found.get(fix.command);
    if (!known) found.set(fix.command, { command: fix.command, fix: read, ids: [id] });
    else if (!known.ids.includes(id)) known.ids.push(id);
  }
  // Of two whole ones the thorough one is enough.
  if (found.has('hotpass-bootstrap setup --recheck')) found.delete('hotpass-bootstrap setup');
  // A whole `setup` does what a part of it would do.
  const whole = ['hotpass-bootstrap setup', 'hotpass-bootstrap setup --recheck'].some(command => found.has(command));
  const part = (command: string): boolean => /^hotpass-bootstrap setup --only /.test(command);
  return [...found.values()].filter(({ command }) => !whole || !part(command));
}
