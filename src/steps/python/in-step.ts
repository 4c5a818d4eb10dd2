import { join } from 'node:path';
import { digest } from '../../engine/stamps.ts';
import type { Read } from '../../engine/step.ts';
import { readText } from '../../system/files.ts';
import { hash } from '../../system/hash.ts';
import { selectionFlags } from './flags.ts';

/** Stamp of a `.venv` in which uv found nothing to do. */
export const IN_STEP = 'python-in-step';

/** Files that say which packages belong into `.venv`. */
const FILES = ['uv.lock', 'uv.toml', '.python-version'];

/** Variables of uv that choose packages; a run with others is not what was looked at. */
const CHOOSING = /^UV_(NO_|ONLY_|DEV|DEFAULT_GROUP|PROJECT|EXTRA|PYTHON)/;

/**
 * Digest of all that decides which packages uv would take out of `.venv`: the selection, the project, its lock, and the
 * fingerprint of `.venv` itself. While it is what it was when uv last found nothing to do, nothing is taken out, which
 * is known without asking uv (contracts §3, §4).
 */
export function inStepDigest({ root, wanted, env }: Read, fingerprint: string): string {
  const texts = FILES.map(name => hash(readText(join(root, name)) ?? ''));
  const project = hash(withoutManifest(readText(join(root, 'pyproject.toml')) ?? ''));
  const variables = Object.entries(env)
    .filter(([name]) => CHOOSING.test(name))
    .sort();
  return digest([selectionFlags(wanted.python), texts, project, hash(JSON.stringify(variables)), fingerprint]);
}

/** `pyproject.toml` less our own tables: a variable that is added there changes no package. */
export function withoutManifest(text: string): string {
  let ours = false;
  const lines = text.split('\n').filter(line => {
    if (/^\s*\[/.test(line)) ours = /^\s*\[\[?\s*tool\s*\.\s*["']?hotpass-bootstrap\b/.test(line);
    return !ours;
  });
  return lines.join('\n');
}
