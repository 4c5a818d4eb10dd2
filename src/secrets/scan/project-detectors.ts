import { join } from 'node:path';
import { allOnPath, stepEnvironment } from '../../system/environment.ts';
import { readText } from '../../system/files.ts';
import { type Finished, run } from '../../system/process.ts';
import { LARGEST_SCANNED } from '../../system/scan-file.ts';
import type { Hit } from './hit.ts';
import type { ScanScope } from './places.ts';

const TIMEOUT_MS = 120_000;
/** Files that one detect-secrets is given: a command line has an end. */
const BATCH = 400;
/** What looks random, or stands behind a name: only where the team has gone through what is found that way. */
const GUESSES = new Set([
  'Base64 High Entropy String',
  'Hex High Entropy String',
  'Secret Keyword',
  'Public IP (ipv4)',
]);

/** What a detector of the project found, and its name; `failed` when it did not answer. */
export interface Detected {
  detector: string;
  hits: Hit[];
  failed: boolean;
}

/**
 * Asks the detectors that the project itself uses, over files of the workspace: gitleaks and detect-secrets, with their
 * own configuration there. Neither gets a secret or uses the network, and what they print never holds one.
 * @param programs PATH on which they are found: that of tasks, with the workspace's own `.venv`.
 * @param files relative to the root, with `/`.
 */
export async function askDetectors(
  scope: ScanScope,
  programs: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Detected[]> {
  const [gitleaks] = allOnPath('gitleaks', programs);
  const [detectSecrets] = allOnPath('detect-secrets', programs);
  const ask = (argv: readonly string[]): Promise<Finished | undefined> =>
    run(argv, { cwd: scope.root, env: stepEnvironment(scope.env, programs), timeout: TIMEOUT_MS, signal }).catch(
      () => undefined,
    );
  return [
    ...(gitleaks === undefined ? [] : [await askGitleaks(gitleaks, ask, new Set(files))]),
    ...(detectSecrets === undefined ? [] : [await askDetectSecrets(detectSecrets, ask, scope.root, files)]),
  ];
}

type AskProgram = (argv: readonly string[]) => Promise<Finished | undefined>;

async function askGitleaks(program: string, ask: AskProgram, files: ReadonlySet<string>): Promise<Detected> {
  const size = String(Math.ceil(LARGEST_SCANNED / 1_000_000));
  const told = await ask([
    ...[program, 'dir', '--no-banner', '--log-level', 'error', '--redact=100', '--max-target-megabytes', size],
    ...['--report-format', 'json', '--report-path', '-', '--exit-code', '0', '.'],
  ]);
  const found = told?.code === 0 ? parsed(told.stdout) : undefined;
  if (!Array.isArray(found)) return { detector: 'gitleaks', hits: [], failed: true };
  const hits = (found as { RuleID?: unknown; File?: unknown; StartLine?: unknown }[]).flatMap(one => {
    const file = String(one.File ?? '').replaceAll('\\', '/');
    return files.has(file) ? [hitOf(file, one.StartLine, 'gitleaks', String(one.RuleID ?? ''))] : [];
  });
  return { detector: 'gitleaks', hits, failed: false };
}

/**
 * `--no-verify`: it would show what it finds to the services. A baseline is read by us: given to it, it would be
 * rewritten, and could name a program to run.
 */
async function askDetectSecrets(
  program: string,
  ask: AskProgram,
  root: string,
  files: readonly string[],
): Promise<Detected> {
  const accepted = acceptedIn(readText(join(root, '.secrets.baseline')));
  const hits: Hit[] = [];
  for (let at = 0; at < files.length; at += BATCH) {
    const batch = files.slice(at, at + BATCH).filter(file => !file.startsWith('-'));
    const told = await ask([program, 'scan', '--no-verify', '--all-files', ...batch]);
    const found = told?.code === 0 ? (parsed(told.stdout) as { results?: unknown } | undefined)?.results : undefined;
    if (typeof found !== 'object' || found === null) return { detector: 'detect-secrets', hits, failed: true };
    for (const [file, list] of Object.entries(found as Record<string, Entry[]>)) {
      for (const { type, hashed_secret, line_number } of list) {
        const known = accepted?.has(`${file} ${hashed_secret}`) ?? GUESSES.has(type);
        if (!known) hits.push(hitOf(file.replaceAll('\\', '/'), line_number, 'detect-secrets', type));
      }
    }
  }
  return { detector: 'detect-secrets', hits, failed: false };
}

interface Entry {
  type: string;
  hashed_secret: string;
  line_number: number;
}

/** What the team has gone through, in `.secrets.baseline`. @returns undefined where there is none. */
function acceptedIn(text: string | undefined): Set<string> | undefined {
  const results =
    text === undefined ? undefined : (parsed(text) as { results?: Record<string, Entry[]> } | undefined)?.results;
  if (results === undefined) return undefined;
  return new Set(Object.entries(results).flatMap(([file, list]) => list.map(one => `${file} ${one.hashed_secret}`)));
}

function hitOf(file: string, line: unknown, detector: string, rule: string): Hit {
  const id = rule
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return {
    place: 'file',
    file,
    line: Number(line) || 1,
    rule: `${detector}/${id}`,
    what: `${id.replaceAll('-', ' ')} (${detector})`,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
