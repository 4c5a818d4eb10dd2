import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { repository } from './tools.ts';

/** A step of a job or of a composite action, as far as tests look at it. */
export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  shell?: string;
  'working-directory'?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

/** `action.yml`. */
export interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: Step[] };
}

export function readAction(): Action {
  return load(readFileSync(join(repository, 'action.yml'), 'utf8')) as Action;
}

/** The workflows of this repository and the one that `init` writes, by path. */
export function workflows(): Record<string, string> {
  const folder = join(repository, '.github', 'workflows');
  const own = readdirSync(folder).map(name => [`.github/workflows/${name}`, readFileSync(join(folder, name), 'utf8')]);
  return Object.fromEntries([...own, ['.github/workflows/template.yml', filled('github.yml')]]);
}

/** A template as `init` writes it. */
export function filled(name: string): string {
  const values: Record<string, string> = { VERSION: '1.0.0', TEST: 'python -m pytest', BRANCH: 'main' };
  const text = readFileSync(join(repository, 'templates', name), 'utf8');
  return text.replace(/@([A-Z]+)@/g, (whole, key: string) => values[key] ?? whole);
}

/** Every script of a workflow or an action. */
export function stepsOf(text: string): Step[] {
  const document = load(text) as { jobs?: Record<string, { steps: Step[] }>; runs?: { steps: Step[] } };
  return [...(document.runs?.steps ?? []), ...Object.values(document.jobs ?? {}).flatMap(({ steps }) => steps)];
}
