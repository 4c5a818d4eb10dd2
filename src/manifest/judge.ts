import { EXIT, UserError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { parseRange } from '../system/version-range.ts';
import { checkManifest } from './checks.ts';
import { problem, problemsOf } from './problems.ts';
import { manifestError, type Source } from './report-problems.ts';
import { type Manifest, manifestSchema } from './schema.ts';
import type { Table } from './toml.ts';

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
  if (!parsed.success) throw await manifestError(source, problemsOf(parsed.error.issues, manifestSchema, data));
  const { problems, findings } = checkManifest(parsed.data, root);
  if (parsed.data.requires !== undefined && !parseRange(parsed.data.requires)) {
    problems.push(problem(['requires'], 'must be a range of versions such as ">=1.0"'));
  }
  if (problems.length > 0) throw await manifestError(source, problems);
  return { manifest: parsed.data, findings };
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
