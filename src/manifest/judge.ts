import { EXIT, UserError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { parseRange } from '../system/version-range.ts';
import { checkManifest } from './checks.ts';
import { type Problem, problem, problemsOf } from './problems.ts';
import { manifestError, type Source } from './report-problems.ts';
import { type Manifest, manifestSchema } from './schema.ts';
import { type Table, tableAt } from './toml.ts';

/**
 * Holds a manifest against the schema and against itself.
 * @throws UserError 78 with all problems of the file at once.
 */
export async function judge(
  source: Source,
  data: Table,
  root: string,
): Promise<{ manifest: Manifest; findings: Finding[] }> {
  if (typeof data['schema'] === 'number' && data['schema'] > 1) throw newerFormat(source, data['schema']);
  const parsed = manifestSchema.safeParse(data);
  if (!parsed.success) {
    const found = problemsOf(parsed.error.issues, manifestSchema, data);
    throw await manifestError(source, [...found, ...furtherProblems(data, found, root)]);
  }
  const { problems, findings } = checkManifest(parsed.data, root);
  if (parsed.data.requires !== undefined && !parseRange(parsed.data.requires)) {
    problems.push(problem(['requires'], 'must be a range of versions such as ">=1.0"'));
  }
  if (problems.length > 0) throw await manifestError(source, problems);
  return { manifest: parsed.data, findings };
}

/**
 * What else is wrong in a manifest the schema refuses, so that a person corrects all of it at once: the checks run on
 * what is left without the refused parts, and what they say about the tables those stood in is not believed.
 */
function furtherProblems(data: Table, found: readonly Problem[], root: string): Problem[] {
  const removed = found.map(({ path }) => {
    const list = path.findIndex(part => typeof part === 'number');
    return list === -1 ? path : path.slice(0, list);
  });
  if (found.some(({ path }) => path.length <= (path[0] === 'python' ? 3 : 2))) return [];
  const rest = structuredClone(data);
  for (const path of removed) {
    const above = tableAt(rest, ...path.slice(0, -1).map(String));
    if (above) delete above[String(path.at(-1))];
  }
  const parsed = manifestSchema.safeParse(rest);
  if (!parsed.success) return [];
  return checkManifest(parsed.data, root).problems.filter(
    ({ path }) => !removed.some(gone => gone.slice(0, -1).every((part, index) => path[index] === part)),
  );
}

function newerFormat(source: Source, version: number): UserError {
  return new UserError({
    message: `${source.shown} is written in format ${version}; this tool reads format 1.`,
    cause: 'A newer version of hotpass-bootstrap wrote it or is meant by it.',
    next: 'npx --yes hotpass-bootstrap@latest setup',
    exit: EXIT.invalid,
    id: 'HB134',
  });
}
