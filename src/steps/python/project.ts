import { join } from 'node:path';
import { EXIT, UserError } from '../../core/errors.ts';
import { readText } from '../../system/files.ts';

/**
 * uv exits 0 and installs nothing in a root that gives it nothing to install (facts real-world 1).
 * @throws UserError 78 for a root without pyproject.toml, or with one that has neither a project, nor groups, nor members.
 */
export function assertUvProject(root: string): void {
  const text = readText(join(root, 'pyproject.toml'));
  if (text !== undefined && /^[ \t]*(\[[ \t]*(project|dependency-groups)\b|project\.|dependency-groups\.)/m.test(text))
    return;
  if (text !== undefined && /^[ \t]*\[[ \t]*tool\.uv\.workspace\b|^[ \t]*(dev-dependencies|workspace)\b/m.test(text))
    return;
  const poetry = text !== undefined && /^\s*\[tool\.poetry/m.test(text);
  throw new UserError({
    id: 'HB249',
    message: text === undefined ? 'There is no pyproject.toml here.' : 'pyproject.toml gives uv nothing to install.',
    cause: poetry
      ? 'It is written for Poetry: it has [tool.poetry] and no [project]. Nothing was changed.'
      : 'It has no [project], no [dependency-groups] and no workspace members. Nothing was changed.',
    next: text === undefined ? 'uv init --bare' : '${EDITOR:-vi} pyproject.toml',
    exit: EXIT.invalid,
  });
}
