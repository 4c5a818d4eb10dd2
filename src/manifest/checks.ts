import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { checkSetting } from '../prefect/settings.ts';
import { realPath } from '../system/files.ts';
import { parseRange } from '../system/version-range.ts';
import { type Path, type Problem, problem, unknownName } from './problems.ts';
import type { Manifest, ManifestEnvironment } from './schema.ts';
import { secretProblems } from './secret-checks.ts';
import { telemetryProblems } from './telemetry-rules.ts';
import { forbiddenPrefectSetting, isNamedSecret } from './variable-rules.ts';

/**
 * What the schema cannot see: names that must exist elsewhere in the manifest, and values that contradict each other.
 * @param root real path of the workspace.
 */
export function checkManifest(manifest: Manifest, root: string): { problems: Problem[]; findings: Finding[] } {
  const names = Object.keys(manifest.environments);
  const problems = names.flatMap(name => environmentProblems(manifest, name, root));
  if (names.length === 0) {
    problems.push(problem(['environments'], 'is empty: at least one is needed, such as [environments.local]', true));
  }
  problems.push(
    ...secretProblems(manifest),
    ...profileConflicts(manifest),
    ...repeatedNames(manifest.tasks, 'tasks'),
    ...repeatedNames(manifest.readiness, 'readiness'),
    ...uvProblems(manifest),
  );
  return { problems, findings: findingsOf(manifest) };
}

function environmentProblems(manifest: Manifest, name: string, root: string): Problem[] {
  const environment = manifest.environments[name] ?? {};
  const path: Path = ['environments', name];
  const profiles = Object.keys(manifest.python?.profiles ?? {});
  const problems: Problem[] = [];
  if (environment.python !== undefined && !profiles.includes(environment.python)) {
    problems.push(problem([...path, 'python'], unknownName(environment.python, profiles, '[python.profiles]')));
  }
  if (environment.telemetry) {
    const telemetry = environment.telemetry;
    problems.push(...telemetryProblems(telemetry, [...path, 'telemetry']));
    const file = typeof telemetry.file === 'object' ? telemetry.file.path : telemetry.file;
    if (file !== undefined && leavesRoot(root, file)) {
      problems.push(problem([...path, 'telemetry', 'file'], 'leads out of the workspace root through a link'));
    }
  }
  return [...problems, ...prefectProblems(environment, [...path, 'prefect'])];
}

function prefectProblems(environment: ManifestEnvironment, path: Path): Problem[] {
  const problems: Problem[] = [];
  const url = environment.prefect?.['api-url'];
  const checked = url === undefined ? undefined : checkSetting('PREFECT_API_URL', url);
  if (checked && !checked.ok) problems.push(problem([...path, 'api-url'], checked.reason));
  const written = new Map<string, string>();
  for (const [name, value] of Object.entries(environment.prefect?.settings ?? {})) {
    const at = [...path, 'settings', name];
    const check = checkSetting(name, value);
    const refused = forbiddenPrefectSetting(name) ?? (check.ok ? forbiddenPrefectSetting(check.name) : undefined);
    if (refused) problems.push(problem(at, refused, true));
    else if (!check.ok) {
      problems.push(
        problem(at, check.nearest ? `${check.reason}; did you mean "${check.nearest}"?` : check.reason, true),
      );
    } else if (written.has(check.name)) {
      problems.push(problem(at, `is another name of ${written.get(check.name)}; one of them must go`, true));
    } else written.set(check.name, name);
  }
  return problems;
}

/** Two environments that share a Prefect profile must want the same of it, or each setup would undo the other's. */
function profileConflicts(manifest: Manifest): Problem[] {
  const first = new Map<string, { environment: string; wants: string }>();
  const problems: Problem[] = [];
  for (const [environment, { prefect }] of Object.entries(manifest.environments)) {
    if (prefect?.profile === undefined) continue;
    const settings = Object.entries(prefect.settings ?? {}).map(([name, value]) => {
      const check = checkSetting(name, value);
      return check.ok ? `${check.name}=${check.value}` : `${name}=${value}`;
    });
    const wants = [`PREFECT_API_URL=${prefect['api-url'] ?? ''}`, ...settings].sort().join('\n');
    const before = first.get(prefect.profile);
    if (!before) first.set(prefect.profile, { environment, wants });
    else if (before.wants !== wants) {
      problems.push(
        problem(
          ['environments', environment, 'prefect', 'profile'],
          `names the profile "${prefect.profile}" of environment "${before.environment}" with another URL or other settings; ` +
            'give each its own profile, or both the same settings',
        ),
      );
    }
  }
  return problems;
}

function repeatedNames(entries: readonly { name: string }[] | undefined, key: string): Problem[] {
  return (entries ?? []).flatMap((entry, index, all) =>
    all.findIndex(other => other.name === entry.name) === index
      ? []
      : [problem([key, index, 'name'], `stands twice: "${entry.name}" is taken by another entry`)],
  );
}

function uvProblems(manifest: Manifest): Problem[] {
  const range = manifest.python?.uv;
  if (range === undefined || parseRange(range)) return [];
  return [problem(['python', 'uv'], 'must be a range of versions such as ">=0.9" or ">=0.9,<0.14"')];
}

/** Does a path below the root lead elsewhere through a symbolic link? */
function leavesRoot(root: string, path: string): boolean {
  const parts = path.split('/');
  for (let length = parts.length; length > 0; length--) {
    const real = realPath(join(root, ...parts.slice(0, length)));
    if (real !== undefined) return real !== root && !real.startsWith(`${root}/`);
  }
  return false;
}

function findingsOf(manifest: Manifest): Finding[] {
  const findings: Finding[] = [];
  for (const [name, environment] of Object.entries(manifest.environments)) {
    for (const [variable, value] of Object.entries(environment.variables ?? {})) {
      if (!isNamedSecret(variable, value)) continue;
      findings.push(
        finding(
          'HB136',
          'warn',
          `The variable ${variable} of environment ${name} looks like a secret.`,
          'Variables are written in plain text; a secret is declared under [secrets] and kept in the keychain.',
        ),
      );
    }
  }
  const used = new Set(Object.values(manifest.environments).flatMap(environment => environment.secrets ?? []));
  for (const name of Object.keys(manifest.secrets ?? {})) {
    if (used.has(name)) continue;
    findings.push(
      finding('HB137', 'info', `No environment asks for the secret ${name}.`, 'It is declared and never requested.'),
    );
  }
  return findings;
}
