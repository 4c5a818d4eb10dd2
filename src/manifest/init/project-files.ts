import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import type { Env } from '../../system/environment.ts';
import { git, isIgnored, isTracked } from '../../system/git.ts';
import { filesMatching } from '../../system/glob.ts';
import { packageVersion } from '../../system/package-root.ts';
import { appended, editable, newFile, type ProjectEdit } from './edits.ts';
import { makefileEdit } from './makefile.ts';

export interface FilesOptions {
  root: string;
  /** The environment file, relative to the root. */
  envFile: string;
  env: Env;
  /** The sanitised PATH. */
  path: string;
  makefile: boolean;
  envrc: boolean;
}

/** What `init` adds to files beside the manifest: the target `setup`, a line in `.gitignore`, `.envrc` on request. */
export async function projectEdits(options: FilesOptions): Promise<{ edits: ProjectEdit[]; findings: Finding[] }> {
  const { root, env, path } = options;
  const edits: ProjectEdit[] = [];
  const findings: Finding[] = [];
  if (options.makefile) {
    const outside = await notInGit(root, env, path);
    const made = makefileEdit(root, packageVersion(), file => outside.has(file));
    if (made.edit) edits.push(made.edit);
    findings.push(...made.findings);
  }
  for (const made of [await gitignoreEdit(options), options.envrc ? envrcEdit(options) : undefined]) {
    if (made === undefined) continue;
    if ('id' in made) findings.push(made);
    else edits.push(made);
  }
  return { edits, findings };
}

/** Files of the root that git ignores; a fresh clone has none of them. */
async function notInGit(root: string, env: Env, path: string): Promise<Set<string>> {
  const names = filesMatching(root, ['.env*', '*.mk', '*.env', '*/*.mk', '*/.env*']);
  if (names.length === 0) return new Set();
  const result = await git(root, ['check-ignore', '--', ...names.slice(0, 200)], env, path);
  return new Set((result?.stdout ?? '').split('\n').filter(name => name !== ''));
}

/** A line for the environment file, where git does not ignore it already. */
async function gitignoreEdit({ root, envFile, env, path }: FilesOptions): Promise<ProjectEdit | Finding | undefined> {
  if ((await isIgnored(root, envFile, env, path)) !== false) return undefined;
  if (await isTracked(root, envFile, env, path)) {
    return finding(
      'HB524',
      'warn',
      `${envFile} is tracked by git, so what setup writes there would be committed.`,
      'It holds the settings of one machine. Take it out of git and add it to .gitignore.',
      { command: `git -C ${quoteWord(root)} rm --cached ${quoteWord(envFile)}`, safe: false },
    );
  }
  const block = ['# Settings of one machine, written by hotpass-bootstrap', `/${envFile}`];
  const found = editable(root, '.gitignore', `/${envFile}`);
  if (found.kind === 'left') return found.finding;
  if (found.kind === 'absent') return newFile(root, '.gitignore', `${block.join('\n')}\n`);
  return appended(root, '.gitignore', found.text, found.mode, block);
}

/** direnv loads what `env` prints; no `OTEL_*`, which would re-route other programs (real-world 17). */
function envrcEdit({ root, envFile }: FilesOptions): ProjectEdit | Finding | undefined {
  const block = [
    '# Settings of hotpass-bootstrap, when it is installed; no secrets.',
    `watch_file hotpass-bootstrap.toml ${envFile}`,
    'if has hotpass-bootstrap; then',
    '  eval "$(hotpass-bootstrap env)"',
    'fi',
  ];
  const found = editable(root, '.envrc', 'what loads the settings');
  if (found.kind === 'left') return found.finding;
  if (found.kind === 'absent') return newFile(root, '.envrc', `${block.join('\n')}\n`);
  return /hotpass-bootstrap/.test(found.text) ? undefined : appended(root, '.envrc', found.text, found.mode, block);
}
