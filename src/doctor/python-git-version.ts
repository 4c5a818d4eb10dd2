import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Env } from '../system/environment.ts';
import { namesIn, readText, statOf } from '../system/files.ts';
import { gitPlace } from '../system/git-folder.ts';
import type { WorkspaceCheck } from './check.ts';

/** Build back ends that take the version from git's tags; they fail in a build, never in the lock (facts real-world 6). */
const FROM_GIT =
  /setuptools[-_]scm|hatch-vcs|poetry-dynamic-versioning|uv-dynamic-versioning|pdm\.version|versioningit|setuptools[-_]git[-_]versioning|dunamai/i;

export const gitHasVersion: WorkspaceCheck = {
  title: 'git can tell the project its version',
  about: 'workspace',
  run: async ({ root, env }) => {
    const text = readText(join(root, 'pyproject.toml')) ?? '';
    const backend = FROM_GIT.exec(text)?.[0];
    if (backend === undefined || !/^[ \t]*dynamic[ \t]*=[ \t]*\[[^\]]{0,500}?["']version["']/m.test(text)) return [];
    // A version that is given, or one to fall back to, needs no git.
    if (pretended(env) || /^[ \t]*fallback[-_]version[ \t]*=/m.test(text)) return [];
    return problem(root, backend);
  },
};

function pretended(env: Env): boolean {
  return Object.keys(env).some(
    name =>
      env[name] &&
      /^(SETUPTOOLS_SCM_PRETEND_VERSION.*|POETRY_DYNAMIC_VERSIONING_BYPASS|UV_DYNAMIC_VERSIONING_BYPASS|PDM_BUILD_SCM_VERSION)$/.test(
        name,
      ),
  );
}

function problem(root: string, backend: string): Finding[] {
  const say = (message: string, cause: string, command?: string): Finding[] => [
    finding('HB295', 'warn', message, cause, ...(command === undefined ? [] : [{ command, safe: false }])),
  ];
  const folder = gitPlace(root)?.common;
  const stats = folder === undefined ? undefined : statOf(folder);
  if (folder === undefined || !stats?.isDirectory()) {
    return say(
      'There is no git repository here, and the project takes its version from git.',
      `${backend} fails in the build without one. Work in a clone, or give a version in SETUPTOOLS_SCM_PRETEND_VERSION.`,
      'export SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0',
    );
  }
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && stats.uid !== uid) {
    return say(
      'The git repository belongs to somebody else, and the project takes its version from git.',
      `git refuses to read it ("dubious ownership"), so ${backend} fails in the build.`,
      `git config --global --add safe.directory ${quoteWord(root)}`,
    );
  }
  if (statOf(join(folder, 'shallow'))) {
    return say(
      'This is a shallow clone, and the project takes its version from git.',
      `${backend} looks for the last tag, which a shallow clone usually lacks: the build fails or gets a wrong version.`,
      'git fetch --unshallow --tags',
    );
  }
  if (hasTags(folder)) return [];
  return say(
    'This clone has no tags, and the project takes its version from git.',
    `${backend} then fails, or calls the project 0.1.dev.`,
    'git fetch --tags',
  );
}

function hasTags(folder: string): boolean {
  return (
    namesIn(join(folder, 'refs', 'tags')).length > 0 || /refs\/tags\//.test(readText(join(folder, 'packed-refs')) ?? '')
  );
}
