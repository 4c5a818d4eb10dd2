import { indexVariable } from '../secrets/index-credentials.ts';
import { type Problem, problem, unknownName } from './problems.ts';
import type { Project } from './pyproject.ts';
import type { Manifest } from './schema.ts';
import { serverUrl } from './url-rules.ts';

/** What secrets and the environments that ask for them must agree on. */
export function secretProblems(manifest: Manifest): Problem[] {
  const environments = Object.keys(manifest.environments);
  return [
    ...Object.keys(manifest.secrets ?? {}).flatMap(name => declarationProblems(manifest, name, environments)),
    ...environments.flatMap(name => requestProblems(manifest, name)),
  ];
}

function declarationProblems(manifest: Manifest, name: string, environments: readonly string[]): Problem[] {
  const secret = manifest.secrets?.[name] ?? {};
  const path = ['secrets', name];
  const problems: Problem[] = [];
  if (secret.env === undefined && secret.for === undefined) {
    problems.push(problem([...path, 'env'], 'is missing: the variable the secret is given to programs in', true));
  }
  if (secret.env !== undefined && secret.for !== undefined) {
    problems.push(problem([...path, 'for'], 'cannot stand beside "env": an index password is given to uv alone', true));
  }
  if (secret.user !== undefined && secret.for === undefined) {
    problems.push(problem([...path, 'user'], 'belongs to "for", the password of a package index', true));
  }
  for (const environment of Object.keys(secret.environments ?? {})) {
    if (environments.includes(environment)) continue;
    problems.push(
      problem([...path, 'environments', environment], unknownName(environment, environments, '[environments]'), true),
    );
  }
  return problems;
}

function requestProblems(manifest: Manifest, environment: string): Problem[] {
  const wanted = manifest.environments[environment];
  const known = Object.keys(manifest.secrets ?? {});
  const variables = new Map<string, string>();
  const problems: Problem[] = [];
  (wanted?.secrets ?? []).forEach((name, index, all) => {
    const path = ['environments', environment, 'secrets', index];
    const target = manifest.secrets?.[name]?.env ?? manifest.secrets?.[name]?.for;
    const taken = target === undefined ? undefined : variables.get(target);
    if (!known.includes(name)) problems.push(problem(path, unknownName(name, known, '[secrets]')));
    else if (all.indexOf(name) < index) problems.push(problem(path, `names "${name}" a second time`));
    else if (taken)
      problems.push(problem(path, `names "${name}", which has the same variable as "${taken}": ${target}`));
    if (target === undefined) return;
    variables.set(target, name);
    if (wanted?.variables && Object.hasOwn(wanted.variables, target)) {
      problems.push(
        problem(
          ['environments', environment, 'variables', target],
          `is also the variable of the secret "${name}"`,
          true,
        ),
      );
    }
  });
  return problems;
}

/** Secrets that are passwords of package indexes: the index must exist and be one a password may go to. */
export function indexProblems(manifest: Manifest, project: Project): Problem[] {
  return Object.entries(manifest.secrets ?? {}).flatMap(([name, secret]) => {
    if (secret.for === undefined) return [];
    const index = secret.for.slice('index:'.length);
    const path = ['secrets', name, 'for'];
    const found = project.indexes[index];
    if (!found) return [problem(path, unknownName(index, Object.keys(project.indexes), '[[tool.uv.index]]'))];
    const twin = Object.keys(project.indexes).find(
      other => other !== index && indexVariable(other, 'PASSWORD') === indexVariable(index, 'PASSWORD'),
    );
    if (twin) return [problem(path, `names an index that uv cannot tell from ${twin}: both have one variable`)];
    const reason = serverUrl(withoutUser(found.url));
    return reason ? [problem(path, `names an index whose URL ${reason}`)] : [];
  });
}

/** An index URL may name its user; the rest of it follows the rules of servers. */
function withoutUser(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@:]*@/i, '$1');
}
