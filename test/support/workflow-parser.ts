import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { repository, temporary } from './tools.ts';

interface Parsed {
  context: { errors: { getErrors(): unknown[] } };
}
type Parse = (file: { name: string; content: string }, trace: object) => Parsed;

/** The parsers of GitHub's own editor. Bundled first, since they import JSON in a way that Node 20 does not know. */
export async function githubParsers(): Promise<{ parseWorkflow: Parse; parseAction: Parse; trace: object }> {
  const input = join(repository, 'test', 'support', 'github-parsers.mjs');
  const bundle = await rolldown({ input, platform: 'node' });
  const file = join(temporary(), 'parsers.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  const { NoOperationTraceWriter, parseAction, parseWorkflow } = await import(file);
  return { parseAction, parseWorkflow, trace: new NoOperationTraceWriter() };
}
