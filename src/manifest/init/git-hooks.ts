import { join } from 'node:path';
import type { Finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import type { Env } from '../../system/environment.ts';
import { readText, realPath } from '../../system/files.ts';
import { git, gitRoot } from '../../system/git.ts';
import { unread } from './env-files.ts';
import type { ProjectFacts } from './project.ts';
import { comment, off, pair } from './words.ts';
import { isMapping, parseYaml } from './yaml.ts';

const FILE = '.pre-commit-config.yaml';

/**
 * The task that installs the hooks of pre-commit, or why it stands there only as a comment: what cannot work on this
 * machine would fail in everybody's setup (real-world 19).
 */
export async function hooksTask(facts: ProjectFacts, env: Env, path: string, findings: Finding[]): Promise<string[]> {
  const { root } = facts;
  const text = readText(join(root, FILE));
  if (text === undefined) return [];
  const read = await parseYaml(text);
  if ('line' in read) {
    const edit = `\${EDITOR:-vi} +${read.line} ${quoteWord(join(root, FILE))}`;
    findings.push(unread(FILE, `It is not valid YAML: line ${read.line}.`, edit));
    return [];
  }
  const types = isMapping(read.document) ? read.document['default_install_hook_types'] : undefined;
  const named = Array.isArray(types) ? types.filter(type => typeof type === 'string' && /^[a-z-]+$/.test(type)) : [];
  const hook = named.length === 0 || named.includes('pre-commit') ? 'pre-commit' : String(named[0]);
  const why = await whyNot(facts, env, path);
  const lines = [
    '[[tasks]]',
    ...pair('name', 'git hooks'),
    ...pair('inputs', [FILE]),
    ...pair('check', ['sh', '-c', `test -e "$(git rev-parse --git-path hooks)/${hook}"`]),
    ...pair('run', ['pre-commit', 'install']),
    ...pair('undo', ['pre-commit', 'uninstall']),
  ];
  if (why === undefined) return [...comment(`${FILE} is there, and pre-commit is installed with core.`), ...lines];
  return [...comment(`${FILE} is there, but ${why}`), ...off(lines)];
}

async function whyNot(facts: ProjectFacts, env: Env, path: string): Promise<string | undefined> {
  if (!facts.installs('pre-commit')) return 'a plain uv sync does not install pre-commit. Once it does:';
  const top = await gitRoot(facts.root, env, path);
  if (top === undefined) return 'this folder is not a git repository yet. Once it is:';
  if (top !== realPath(facts.root))
    return 'pre-commit reads the file at the top of the git repository. Once it is there:';
  // Our own git calls switch hooks off, so the value counts only where a file sets it.
  const found = await git(facts.root, ['config', '--show-scope', '--get-all', 'core.hooksPath'], env, path);
  const set = (found?.stdout ?? '').split('\n').some(line => /^(system|global|local|worktree)\t/.test(line));
  return set ? 'pre-commit refuses to install where core.hooksPath is set, as it is here. Without that:' : undefined;
}
