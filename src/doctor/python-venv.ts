import { dirname, join, resolve } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { formerVenv, venvFolder, venvPython } from '../engine/fingerprint.ts';
import { linkTarget, lstatOf, realPath } from '../system/files.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/** Why a `.venv` does not work as it is; what `setup` does about it stands in its plan. Reads files only. */
export const workingVenv: WorkspaceCheck = {
  title: '.venv works where it is',
  about: 'workspace',
  async run(look) {
    const stats = lstatOf(venvFolder(look.root));
    // A link or a file is HB240.
    if (!stats?.isDirectory() || !lstatOf(join(venvFolder(look.root), 'pyvenv.cfg'))) return [];
    return [...withoutPython(look), ...moved(look), ...(await halfInstalled(look))];
  },
};

function broken(level: Finding['level'], message: string, cause: string, safe: boolean): Finding {
  return finding('HB292', level, message, cause, { command: 'hotpass-bootstrap setup --only python', safe });
}

/** The interpreter of a `.venv` is a link to a Python of the machine. */
function withoutPython({ root, wanted }: WorkspaceLook): Finding[] {
  const python = venvPython(root);
  if (realPath(python) !== undefined) return [];
  const target = linkTarget(python);
  const was = target === undefined ? '' : `; it was ${resolve(dirname(python), target)}`;
  return [
    broken(
      'fail',
      `The Python of .venv is gone${was}.`,
      "It was removed or updated. In CI a restored .venv does not outlive a new image: keep uv's cache there, not .venv.",
      wanted.python.exact,
    ),
  ];
}

/** Scripts carry the path at which they were installed. Without a manifest it is HB255. */
function moved({ root, wanted }: WorkspaceLook): Finding[] {
  if (!wanted.python.exact) return [];
  const former = formerVenv(root);
  if (former === undefined) return [];
  const message = `.venv was made at ${former}, so the commands in its bin folder do not start.`;
  return [broken('fail', message, 'The folder was moved or copied; environments carry their path.', true)];
}

/**
 * uv calls a `.venv` in order that an interrupted sync left without package files (facts uv §0). The step has read every
 * RECORD; without a manifest it tells by itself which packages are the person's own.
 */
async function halfInstalled({ wanted, outputs }: WorkspaceLook): Promise<Finding[]> {
  if (!wanted.python.exact) return [];
  const names = ((await outputs.get('broken')) ?? []).map(({ name }) => name);
  if (names.length === 0) return [];
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  const cause =
    'A sync was interrupted, or the disk was full, or something deleted them. uv itself calls such a .venv in order.';
  return [broken('fail', `Files of installed packages are missing: ${shown}.`, cause, true)];
}
