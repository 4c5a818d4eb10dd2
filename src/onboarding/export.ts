import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ensureFolder, namesIn, privateFolder, readText, replaceFile } from '../system/files.ts';
import { BLOCKED_ON, COHORTS } from './events.ts';
import { GATE_NAME } from './metric-names.ts';
import { type EpisodeSample, type GateSample, PARTS, type Sample } from './samples.ts';

const seconds = z.number().check(z.minimum(0), z.maximum(10 * 365 * 86_400));
const month = z.string().check(z.regex(/^\d{4}-(0[1-9]|1[0-2])$/));
const install = z.string().check(z.regex(/^[0-9a-f-]{36}$/));
const reached = z.optional(z.object({ month, seconds }));
const each = <K extends string>(names: readonly K[]) =>
  z.object(
    Object.fromEntries(names.map(name => [name, z.optional(seconds)])) as Record<K, z.ZodMiniOptional<typeof seconds>>,
  );

/** A line of an export; nothing else is taken from one. */
const line = z.discriminatedUnion('kind', [
  z.object({
    schema: z.literal(1),
    kind: z.literal('episode'),
    install,
    cohort: z.nullable(z.enum(COHORTS)),
    state: z.enum(['open', 'completed', 'abandoned']),
    month: z.nullable(month),
    elapsed: seconds,
    open_at: z.record(month, seconds),
    parts: z.object({ machine: seconds, prompt: seconds, rework: seconds, blocked: seconds, away: seconds }),
    blocked_by: each(BLOCKED_ON),
    blocked_on: z.nullable(z.enum(BLOCKED_ON)),
    milestones: z.object({ first_green_qa: reached, first_commit: reached }),
    clock_suspect: z.boolean(),
  }),
  z.object({
    schema: z.literal(1),
    kind: z.literal('gate'),
    install,
    name: z.string().check(z.regex(GATE_NAME)),
    month,
    seconds,
    exit: z.int().check(z.minimum(0), z.maximum(255)),
    attempt: z.int().check(z.minimum(1)),
    clock_suspect: z.boolean(),
  }),
]);

/** The quarter of a month, `2026-Q4`. */
const quarterOf = (month: string): string => `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;

/** Quarters whose ids are kept: a year of records, and the one that is under way; and all that are told of. */
const QUARTERS = 5;

/**
 * Writes the anonymous export of a workspace: a file of JSON lines for each quarter, named by an id that is random and
 * of this quarter alone. Writing it again replaces it, so nothing is ever counted twice. Durations are whole seconds,
 * ages of what is still open whole hours; the only times are months. No user, host, path, branch, run or episode id.
 * @param state the workspace's state folder, where the ids are kept.
 * @param folder is made when it is not there.
 * @param gates names of measured commands that may be told; others stay here.
 * @returns names of the files.
 */
export function writeExport(
  state: string,
  folder: string,
  samples: readonly Sample[],
  gates: readonly string[],
): string[] {
  const told = samples.filter(sample => sample.kind === 'episode' || gates.includes(sample.name));
  const quarters = [...new Set(told.map(sample => quarterOf(beginOf(sample))))].sort();
  const ids = idsFor(state, quarters);
  ensureFolder(folder);
  return quarters.map(quarter => {
    const id = ids[quarter] ?? '';
    const lines = told
      .filter(sample => quarterOf(beginOf(sample)) === quarter)
      .map(sample => JSON.stringify({ schema: 1, ...anonymous(sample), install: id }));
    const name = `${id}.jsonl`;
    replaceFile(join(folder, name), `${lines.join('\n')}\n`, 0o644);
    return name;
  });
}

/**
 * Reads the exports in a folder.
 * @returns their samples, and how many files are none. A line that is none makes its file none.
 */
export function readExports(folder: string): { samples: Sample[]; files: number; unreadable: number } {
  const samples: Sample[] = [];
  let unreadable = 0;
  const names = namesIn(folder)
    .filter(name => name.endsWith('.jsonl'))
    .sort();
  const seen = new Set<string>();
  for (const name of names) {
    const found = parseExport(readText(join(folder, name)) ?? '');
    const [id] = new Set(found?.map(({ install }) => install));
    if (found === undefined) unreadable += 1;
    // A copy under another name is the same install once more.
    else if (id !== undefined && !seen.has(id)) {
      seen.add(id);
      samples.push(...found);
    }
  }
  return { samples, files: names.length, unreadable };
}

function parseExport(text: string): Sample[] | undefined {
  const samples: Sample[] = [];
  for (const row of text.split('\n')) {
    if (row === '') continue;
    try {
      const { schema, ...sample } = line.parse(JSON.parse(row));
      samples.push(sample as Sample);
    } catch {
      return undefined;
    }
  }
  return new Set(samples.map(sample => sample.install)).size > 1 ? undefined : samples;
}

/** The month a sample belongs to by its beginning. */
function beginOf(sample: Sample): string {
  if (sample.kind === 'gate') return sample.month;
  return [...Object.keys(sample.open_at), sample.month ?? '9999-12'].sort()[0] ?? '';
}

function anonymous(sample: Sample): Sample {
  return sample.kind === 'gate' ? anonymousGate(sample) : anonymousEpisode(sample);
}

function anonymousGate({ kind, install, name, month, seconds, exit, attempt, clock_suspect }: GateSample): GateSample {
  return { kind, install, name, month, seconds: Math.round(seconds), exit, attempt, clock_suspect };
}

function anonymousEpisode(sample: EpisodeSample): EpisodeSample {
  const { kind, install, cohort, state, month, elapsed, open_at, blocked_on, clock_suspect } = sample;
  const whole = <T extends string>(values: Partial<Record<T, number>>) =>
    Object.fromEntries(
      Object.entries<number | undefined>(values).map(([name, value]) => [name, Math.round(value ?? 0)]),
    );
  const hours = (value: number): number => Math.floor(value / 3600) * 3600;
  return {
    kind,
    install,
    cohort,
    state,
    month,
    elapsed: state === 'completed' ? Math.round(elapsed) : hours(elapsed),
    open_at: Object.fromEntries(Object.entries(open_at).map(([at, age]) => [at, hours(age)])),
    parts: whole(Object.fromEntries(PARTS.map(part => [part, sample.parts[part]]))) as EpisodeSample['parts'],
    blocked_by: whole(sample.blocked_by),
    blocked_on,
    milestones: Object.fromEntries(
      Object.entries(sample.milestones).map(([name, at]) => [
        name,
        { month: at.month, seconds: Math.round(at.seconds) },
      ]),
    ),
    clock_suspect,
  };
}

/** The id of each quarter: the one it was given, else a new one. */
function idsFor(state: string, quarters: readonly string[]): Record<string, string> {
  const file = join(state, 'export-ids.json');
  let known: Record<string, string> = {};
  try {
    known = JSON.parse(readText(file) ?? '{}') as Record<string, string>;
  } catch {
    // Without the ids that were given new ones are made.
  }
  const all = { ...Object.fromEntries(quarters.map(quarter => [quarter, randomUUID()])), ...known };
  const recent = Object.keys(all).sort().slice(-QUARTERS);
  const kept = Object.fromEntries([...new Set([...quarters, ...recent])].map(quarter => [quarter, all[quarter] ?? '']));
  privateFolder(state);
  replaceFile(file, `${JSON.stringify(kept)}\n`, 0o600);
  return kept;
}
