import { isAbsolute, relative, resolve, sep } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { StepId } from '../core/ids.ts';
import type { Workspace } from '../engine/workspace.ts';
import { positionsIn } from '../manifest/positions.ts';
import type { Path } from '../manifest/problems.ts';
import type { Env } from '../system/environment.ts';
import { realPath } from '../system/files.ts';
import type { Annotation, Place } from '../terminal/ci/annotations.ts';

/** Where an error begins with `FILE:LINE:COLUMN: `, as those of a manifest do (contracts §7). */
const PLACED = /^(.+?):(\d+):(\d+): (.*)$/s;

/** An error as annotations: each problem of a manifest on its line, anything else as one. */
export function errorAnnotations(error: UserError, env: Env, place?: Place): Annotation[] {
  const title = error.id === undefined ? 'hotpass-bootstrap' : `hotpass-bootstrap ${error.id}`;
  const placed = [error.message, ...error.details].flatMap(line => {
    const [, file = '', row, column, message = ''] = PLACED.exec(line.trim()) ?? [];
    const near = file === '' ? undefined : inCheckout(resolve(file), env);
    if (near === undefined) return [];
    return [
      { kind: 'error' as const, title, message, place: { file: near, line: Number(row), column: Number(column) } },
    ];
  });
  if (placed.length > 0) return placed;
  const message = [error.message, error.why, ...error.details].filter(text => text !== '').join('\n');
  return [{ kind: 'error', title, message, place }];
}

/** The place of a part of the manifest; undefined where there is no file of that part in the checkout. */
export async function placeInManifest({ loaded }: Workspace, path: Path, env: Env): Promise<Place | undefined> {
  const { source, text } = loaded;
  if (path.length === 0 || (source.kind !== 'file' && source.kind !== 'pyproject')) return undefined;
  const file = inCheckout(source.path, env);
  if (file === undefined) return undefined;
  const prefix = source.kind === 'pyproject' ? ['tool', 'hotpass-bootstrap'] : [];
  const { line, column } = (await positionsIn(text))([...prefix, ...path], true);
  return { file, line, column };
}

/** What of the manifest a step's failure is about. */
export function partOfStep(step: StepId, error: unknown, { wanted, loaded }: Workspace): Path {
  if (error instanceof UserError && error.at !== undefined) return error.at;
  const { environment } = wanted;
  const message = error instanceof Error ? error.message : '';
  const entry = (entries: readonly { name: string }[] | undefined): Path => {
    const index = (entries ?? []).findIndex(({ name }) => message.includes(name));
    return index === -1 ? [step] : [step, index];
  };
  switch (step) {
    case 'python':
      return ['python', 'profiles', wanted.python.profile];
    case 'uv':
      return ['python', 'uv'];
    case 'prefect':
    case 'telemetry':
      return ['environments', environment, step];
    case 'env-file':
      return ['environments', environment, 'variables'];
    case 'secrets':
      return ['secrets', wanted.secrets.find(({ name }) => message.includes(name))?.name ?? ''];
    case 'tasks':
      return entry(loaded.manifest.tasks);
    case 'readiness':
      return entry(loaded.manifest.readiness);
    case 'self':
      return [];
  }
}

/** A path as GitHub names files: relative to the checkout, with slashes; undefined outside of it. */
function inCheckout(path: string, env: Env): string | undefined {
  const checkout = env['GITHUB_WORKSPACE'];
  if (!checkout) return undefined;
  const way = relative(realPath(checkout) ?? checkout, realPath(path) ?? path);
  if (way === '' || way.startsWith('..') || isAbsolute(way)) return undefined;
  return way.split(sep).join('/');
}
