import { type Finding, finding } from '../core/findings.ts';
import { Redactor } from '../core/redact.ts';
import type { Finished } from '../system/process.ts';
import { type WantedProfile, winner } from './overrides.ts';
import type { WorkspaceSettings } from './workspace-settings.ts';

/** What Prefect says about itself. */
export interface Answer {
  profile: string;
  /** The file it read. */
  path: string;
  /** By canonical name: the value in force, and whether it is what the wanted text means. Unknown names are missing. */
  settings: Record<string, { value: string; same: boolean }>;
}

export type Asked =
  | { kind: 'answer'; answer: Answer; warnings: readonly string[] }
  | { kind: 'failed'; lines: readonly string[] }
  | { kind: 'late'; seconds: number };

const MARK = 'hotpass-bootstrap-answer:';

/**
 * Prints the profile and the values in force. The only honest question (facts prefect §2: `config view` can show what
 * is not in effect). What a text means is decided by Prefect's own types, so "PT5M" equals a timedelta of 300 s.
 * Error text is built from the types of the errors, never from the values.
 */
const SCRIPT = `
import json, sys
from typing import Annotated
wanted = json.loads(sys.argv[1])
def mean(field, text):
    from pydantic import TypeAdapter
    kind = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    for read in (lambda: text, lambda: json.loads(text)):
        try:
            yield TypeAdapter(kind).validate_python(read())
        except Exception:
            pass
def fields(settings, out):
    for name, field in type(settings).model_fields.items():
        value = settings.__dict__.get(name)
        if hasattr(type(value), "model_fields"):
            fields(value, out)
            continue
        names = [(settings.model_config.get("env_prefix") or "") + name]
        names += [c for c in getattr(field.validation_alias, "choices", []) if isinstance(c, str)]
        for each in names:
            out[each.upper()] = (field, value)
    return out
try:
    from prefect.context import get_settings_context
    context = get_settings_context()
    known = fields(context.settings, {})
    settings = {}
    for name, text in wanted.items():
        if name in known:
            field, value = known[name]
            same = str(value) == text or any(value == each for each in mean(field, text))
            settings[name] = {"value": str(value), "same": same}
    answer = {"profile": context.profile.name, "path": str(context.settings.profiles_path), "settings": settings}
except Exception as error:
    lines = [type(error).__name__]
    if hasattr(error, "errors"):
        found = error.errors(include_url=False, include_input=False, include_context=False)
        found = [each for each in found if each["type"] != "default_factory_not_called"]
        lines = [".".join(map(str, (error.title, *each["loc"]))) + ": " + each["msg"] for each in found]
    else:
        lines += str(error).splitlines()[:3]
    answer = {"error": lines}
print(${JSON.stringify(MARK)} + json.dumps(answer))
`;

/**
 * Asks the real Prefect, once, in a process of its own.
 * @param start runs a step child with standard input closed.
 * @param python the workspace's interpreter; `flag` is -P, or -I before Python 3.11 (security §5).
 * @param timeout milliseconds.
 */
export async function askPrefect(
  start: (argv: readonly string[], options: { env: Record<string, string>; timeout: number }) => Promise<Finished>,
  python: { executable: string; flag: '-P' | '-I' },
  wanted: WantedProfile,
  location: Record<string, string>,
  timeout: number,
): Promise<Asked> {
  const env = { ...location, PREFECT_PROFILE: wanted.profile, DO_NOT_TRACK: '1', COLUMNS: '500' };
  const argv = [python.executable, python.flag, '-c', SCRIPT, JSON.stringify(wanted.settings)];
  const finished = await start(argv, { env, timeout });
  if (finished.timedOut) return { kind: 'late', seconds: Math.round(timeout / 1000) };
  const clean = new Redactor().clean;
  const line = finished.stdout.split('\n').find(candidate => candidate.startsWith(MARK));
  const stderr = finished.stderr.split(/\r?\n/).filter(text => text.trim() !== '');
  if (line === undefined) return { kind: 'failed', lines: lastWords(stderr).map(clean) };
  const answer = JSON.parse(line.slice(MARK.length)) as Answer | { error: string[] };
  if ('error' in answer) return { kind: 'failed', lines: answer.error.map(clean) };
  const warnings = stderr.filter(text => /not recognized|WARNING: Active profile|Failed to load profiles/.test(text));
  return { kind: 'answer', answer, warnings: warnings.map(clean) };
}

/** The end of what a program said, without the frames of a traceback. */
function lastWords(lines: readonly string[]): string[] {
  return lines.filter(line => !/^(\s|Traceback)/.test(line)).slice(-3);
}

/**
 * Judges the answer; [] = Prefect sees exactly what was written.
 * @param samePath is the file Prefect read the one that was written?
 */
export function answerFindings(
  asked: Asked,
  wanted: WantedProfile,
  found: WorkspaceSettings,
  version: string,
  samePath: (path: string) => boolean,
): Finding[] {
  const look = { command: `PREFECT_PROFILE=${wanted.profile} .venv/bin/prefect config view`, safe: false };
  if (asked.kind === 'late') {
    const message = `Prefect did not answer within ${asked.seconds} seconds.`;
    return [finding('HB215', 'fail', message, 'Starting it takes about a second on an idle machine.', look)];
  }
  if (asked.kind === 'failed') {
    const cause = asked.lines.length > 0 ? asked.lines.join(' / ') : 'It said nothing.';
    return [finding('HB215', 'fail', `Prefect ${version} does not start in this workspace.`, cause, look)];
  }
  const { answer } = asked;
  if (answer.profile !== wanted.profile || !samePath(answer.path)) {
    const message = `Prefect uses the profile ${answer.profile} of ${answer.path}, not ${wanted.profile}.`;
    const cause = asked.warnings[0] ?? 'The profile that was written is not the one in force.';
    return [finding('HB212', 'fail', message, cause, look)];
  }
  return Object.entries(wanted.settings).flatMap(([name, value]) =>
    settingFinding(name, value, asked, wanted, found, version),
  );
}

/** Settings that Prefect itself changes after reading them (facts prefect §4: debug mode, Cloud's log limit). */
const ADJUSTED = new Set([
  'PREFECT_LOGGING_LEVEL',
  'PREFECT_INTERNAL_LOGGING_LEVEL',
  'PREFECT_LOGGING_TO_API_MAX_LOG_SIZE',
]);

function settingFinding(
  name: string,
  value: string,
  asked: Asked & { kind: 'answer' },
  wanted: WantedProfile,
  found: WorkspaceSettings,
  version: string,
): Finding[] {
  const now = Object.hasOwn(asked.answer.settings, name) ? asked.answer.settings[name] : undefined;
  if (now === undefined) {
    const message = `Prefect ${version} does not know the setting ${name}.`;
    const cause = 'It came with a later version; until then the value has no effect.';
    return [finding('HB214', 'warn', message, cause, { command: 'uv lock --upgrade-package prefect', safe: false })];
  }
  if (now.same) return [];
  const shown = new Redactor().clean(now.value);
  const beaten = winner({ ...found, entries: found.entries.filter(({ origin }) => origin !== 'environment') }, name);
  // A file of the workspace that wins is told by the inspection, with its line.
  if (beaten) return [];
  const level = ADJUSTED.has(name) ? 'warn' : 'fail';
  const message = `${name} is ${shown} for Prefect, not ${value}.`;
  const cause = `The profile ${wanted.profile} sets it, and something else wins.`;
  const fix = { command: `PREFECT_PROFILE=${wanted.profile} .venv/bin/prefect config view`, safe: false };
  return [finding('HB213', level, message, cause, fix)];
}
