import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { looksSecret } from '../core/redact.ts';
import { FileChanged, type Read, type Region, type Step, type Write } from '../engine/step.ts';
import { dotenvLine, readDotenv } from '../system/dotenv.ts';
import { readBytes } from '../system/files.ts';
import { isIgnored, isTracked } from '../system/git.ts';
import { blockText, type EnvEntry, entriesOf, findBlock, newlineOf, uvStopsAt } from './env-block.ts';
import { assertWritable, brokenBlock, decode, edit, openQuote, unwritableValues } from './env-file-problems.ts';

/** A change of the environment file. */
interface Next {
  action: 'add' | 'change' | 'remove';
  content: string;
  region: Region;
  /** Which variables come, change and go. */
  detail: string;
}

export interface EnvFileState {
  full: string;
  path: string;
  /** The file as it is; undefined when there is none. */
  text: string | undefined;
  mode: number | undefined;
  /** The person's own settings. */
  own: readonly EnvEntry[];
  /** The file without our block. */
  outside: string;
  /** The line before our block at which uv stops reading. */
  uvStops: number | undefined;
  /** Undefined when the file is in order. */
  next: Next | undefined;
}

/**
 * The environment file, non-secret: a block between markers, everything else is the person's. `run` and
 * `uv run --env-file` load it, and nothing else does (design §5).
 */
export const envFileStep: Step<EnvFileState> = {
  id: 'env-file',
  title: 'Environment file',
  needs: [],
  verifyNeeds: [],

  async inspect(ctx) {
    const state = look(ctx);
    return { state, findings: [...ownSettings(state, ctx), ...surroundings(state), ...(await ignored(state, ctx))] };
  },

  plan({ path, next }): Change[] {
    if (!next) return [];
    const { action, detail } = next;
    return [{ step: 'env-file', key: 'block', action, target: path, certain: true, detail }];
  },

  async apply(_change, ctx) {
    for (let attempt = 1; ; attempt++) {
      try {
        return write(look(ctx), ctx);
      } catch (error) {
        if (!(error instanceof FileChanged) || attempt === 3) throw error;
      }
    }
  },

  async verify(ctx) {
    return readBack(look(ctx), ctx);
  },
};

function write({ full, text, mode, next }: EnvFileState, ctx: Write): void {
  if (!next) return;
  const { content, region } = next;
  ctx.files.replaceRegions(full, { content, regions: [region], mode: mode ?? 0o600, expected: text });
}

/**
 * Looks at the file and works out what it should be.
 * @throws UserError 78 for a file that may not be written, cannot be read alike by all, or has a damaged block.
 */
function look(ctx: Pick<Read, 'root' | 'wanted'>): EnvFileState {
  const { path, variables } = ctx.wanted.envFile;
  const full = join(ctx.root, path);
  const mode = assertWritable(full, path);
  const bytes = mode === undefined ? undefined : readBytes(full);
  const text = bytes && decode(bytes, full, path);
  const found = findBlock(text ?? '');
  if (found.kind === 'broken') throw brokenBlock(full, path, found.line, found.reason);
  const lines = linesFor(variables, path);
  const whole = text ?? '';
  const { start, end } = found.kind === 'block' ? found : { start: whole.length, end: whole.length };
  const before = whole.slice(0, start);
  const after = whole.slice(end);
  const own = [...entriesOf(before), ...entriesOf(after, whole.slice(0, end).split('\n').length)];
  const open = entriesOf(before).find(entry => entry.open);
  if (open && lines.length > 0) throw openQuote(full, path, open.line);
  const next = nextOf(whole, { start, end, exists: found.kind === 'block' }, lines, variables);
  const uvStops = lines.length === 0 ? undefined : uvStopsAt(before);
  return { full, path, text, mode, own, outside: before + after, uvStops, next };
}

function nextOf(
  text: string,
  { start, end, exists }: { start: number; end: number; exists: boolean },
  lines: readonly string[],
  variables: Readonly<Record<string, string>>,
): Next | undefined {
  const newline = newlineOf(text);
  const before = text.slice(start, end);
  let after = lines.length === 0 ? '' : blockText(lines, newline);
  // An editor may have taken the newline off the end of the file; that changes nothing.
  if (before === after || (end === text.length && before + newline === after)) return undefined;
  if (!exists && text !== '' && !text.endsWith('\n')) after = newline + after;
  return {
    action: !exists ? 'add' : after === '' ? 'remove' : 'change',
    content: text.slice(0, start) + after + text.slice(end),
    region: { offset: Buffer.byteLength(text.slice(0, start)), before, after },
    detail: difference(readDotenv(before), variables),
  };
}

function difference(old: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string {
  const parts: string[] = [];
  const say = (verb: string, names: readonly string[]): void => {
    if (names.length > 0) parts.push(`${verb} ${names.join(', ')}`);
  };
  say(
    'adds',
    Object.keys(now).filter(name => !(name in old)),
  );
  say(
    'changes',
    Object.keys(now).filter(name => name in old && old[name] !== now[name]),
  );
  say(
    'removes',
    Object.keys(old).filter(name => !(name in now)),
  );
  return parts.length === 0 ? 'writes the block anew' : parts.join('; ');
}

function linesFor(variables: Readonly<Record<string, string>>, path: string): string[] {
  const lines: string[] = [];
  const problems: { name: string; reason: string }[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const result = dotenvLine(name, value);
    if (looksSecret(value)) {
      problems.push({ name, reason: 'its value looks like a secret: declare it under [secrets] in the manifest' });
    } else if ('reason' in result) problems.push({ name, reason: result.reason });
    else lines.push(result.line);
  }
  if (problems.length > 0) throw unwritableValues(path, problems);
  return lines;
}

/** The person's own line for one of our variables: uv takes the first of two, every other reader the last. */
function ownSettings({ own, outside, full, path }: EnvFileState, ctx: Read): Finding[] {
  const { variables } = ctx.wanted.envFile;
  const values = readDotenv(outside);
  return own
    .filter(({ name }) => variables[name] !== undefined && values[name] !== variables[name])
    .map(({ name, line }) =>
      finding(
        'HB420',
        'warn',
        `Line ${line} of ${path} sets ${name}, which the block of this tool sets too.`,
        'uv takes the first of the two and every other program the last. Remove your line, or take the variable out of the manifest.',
        { command: edit(full, line), safe: false },
      ),
    );
}

function surroundings({ text, mode, path, full, uvStops }: EnvFileState): Finding[] {
  const found: Finding[] = [];
  if (uvStops !== undefined) {
    found.push(
      finding(
        'HB425',
        'warn',
        `Line ${uvStops} of ${path} is not one that uv reads.`,
        'uv run --env-file ignores it and everything after it, the settings of this tool included; Node may lose the setting after it. Put the value in single quotes, or remove the line.',
        { command: edit(full, uvStops), safe: false },
      ),
    );
  }
  if (text !== undefined && newlineOf(text) === '\r\n') {
    found.push(
      finding(
        'HB422',
        'info',
        `${path} has Windows line endings.`,
        'A shell that reads it keeps a carriage return at the end of each value; dotenv readers do not.',
      ),
    );
  }
  if (mode !== undefined && (mode & 0o002) !== 0) {
    found.push(
      finding(
        'HB423',
        'warn',
        `Everybody on this machine may change ${path}.`,
        'It decides which servers your programs talk to.',
        {
          command: `chmod o-w ${quoteWord(full)}`,
          safe: true,
        },
      ),
    );
  }
  return found;
}

/** Asked only when the file is about to change, or on request: git is a process of its own. */
async function ignored({ path, next }: EnvFileState, ctx: Read): Promise<Finding[]> {
  if ((!next || next.action === 'remove') && !ctx.recheck) return [];
  if ((await isIgnored(ctx.root, path, ctx.env, ctx.path)) !== false) return [];
  // A line in .gitignore does nothing for a file that git has already.
  if (await isTracked(ctx.root, path, ctx.env, ctx.path)) {
    const message = `${path} is tracked by git, so what setup writes there would be committed.`;
    const cause = 'It holds the settings of one machine. Take it out of git and add it to .gitignore.';
    const command = `git -C ${quoteWord(ctx.root)} rm --cached ${quoteWord(path)}`;
    return [finding('HB524', 'warn', message, cause, { command, safe: false })];
  }
  return [
    finding(
      'HB421',
      'warn',
      `git does not ignore ${path}.`,
      'It belongs to this machine, and people put secrets into such files by and by.',
      { command: appendLine(path, join(ctx.root, '.gitignore')), safe: true },
    ),
  ];
}

/** A command that puts a line at the end of a file, on a line of its own even where the last one has no end. */
function appendLine(line: string, path: string): string {
  const whole = (readBytes(path)?.at(-1) ?? 0x0a) === 0x0a;
  return `${whole ? 'echo' : "printf '\\n%s\\n'"} ${quoteWord(line)} >> ${quoteWord(path)}`;
}

/** Reads the file as dotenv does, and the block alone as Node does: a broken line of the person's confuses Node. */
async function readBack({ text, own, path, outside }: EnvFileState, ctx: Read): Promise<Finding[]> {
  // CommonJS: a bundle has its names only under default.
  const { parse } = (await import('dotenv')).default;
  const found = findBlock(text ?? '');
  const block = found.kind === 'block' ? (text ?? '').slice(found.start, found.end) : outside;
  const readers = [readDotenv(block), parse(text ?? '')];
  const theirs = new Set(own.map(({ name }) => name));
  const wrong = Object.entries(ctx.wanted.envFile.variables)
    .filter(([name, value]) => !theirs.has(name) && readers.some(reader => reader[name] !== value))
    .map(([name]) => name);
  if (wrong.length === 0) return [];
  return [
    finding(
      'HB424',
      'fail',
      `${path} does not give ${wrong.join(', ')} as written.`,
      'A line of yours in the file keeps programs from reading the block of this tool.',
    ),
  ];
}
