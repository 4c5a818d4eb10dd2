import { join, sep } from 'node:path';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import type { Env } from '../../system/environment.ts';
import { linkTarget, lstatOf, readText } from '../../system/files.ts';
import { defaultBranch, gitRoot } from '../../system/git.ts';
import { packageRoot, packageVersion } from '../../system/package-root.ts';
import { editable, newFile, type ProjectEdit } from './edits.ts';

/** Services for which `init --ci` has a file. */
export const CI_SERVICES = ['github', 'gitlab'] as const;
export type CiService = (typeof CI_SERVICES)[number];

interface CiOptions {
  root: string;
  env: Env;
  /** The sanitised PATH. */
  path: string;
  ci: CiService | undefined;
  devcontainer: boolean;
}

type Made = ProjectEdit | Finding;

const PLACES = {
  github: '.github/workflows/hotpass-bootstrap.yml',
  gitlab: '.gitlab-ci.yml',
  devcontainer: '.devcontainer/devcontainer.json',
} as const;
/** Where the job for GitLab goes when the project has a pipeline already, which then includes it. */
const GITLAB_PART = '.gitlab/hotpass-bootstrap.yml';

/** What `init --ci` and `--devcontainer` write: files of their own, never a change of one that is there. */
export async function ciEdits(options: CiOptions): Promise<Made[]> {
  const { ci, devcontainer, root, env, path } = options;
  const wanted = [...(ci ? [ci] : []), ...(devcontainer ? (['devcontainer'] as const) : [])];
  const made: Made[] = [];
  const top = wanted.length === 0 ? undefined : await gitRoot(root, env, path);
  for (const kind of wanted) {
    if (kind !== 'devcontainer' && top !== undefined && top !== root) made.push(notAtTheTop(kind, root, top));
    else made.push(...(await edits(kind, options)));
  }
  return made;
}

async function edits(kind: keyof typeof PLACES, { root, env, path }: CiOptions): Promise<Made[]> {
  const content = filled(kind, {
    VERSION: packageVersion(),
    TEST: testCommand(root),
    BRANCH: kind === 'github' ? await defaultBranch(root, env, path) : '',
  });
  const file = PLACES[kind];
  const one = newOrLeft(root, file, content);
  if (kind !== 'gitlab' || !('id' in one) || one.id !== 'HB491') return [one];
  if (/hotpass-bootstrap/.test(readText(join(root, file)) ?? '')) return [one];
  const part = newOrLeft(root, GITLAB_PART, content);
  return 'id' in part ? [part] : [part, toInclude(root, file)];
}

/** A file of ours with each `@NAME@` filled in. */
function filled(kind: keyof typeof PLACES, values: Readonly<Record<string, string>>): string {
  const name = kind === 'devcontainer' ? 'devcontainer.json' : `${kind}.yml`;
  const text = readText(join(packageRoot(), 'templates', name)) ?? '';
  return text.replace(/@([A-Z]+)@/g, (whole, key: string) => values[key] ?? whole);
}

/** pytest where the lock has it; else something that shows that the environment works. */
function testCommand(root: string): string {
  return /^name = "pytest"\r?$/m.test(readText(join(root, 'uv.lock')) ?? '') ? 'python -m pytest' : 'python --version';
}

function newOrLeft(root: string, file: string, content: string): Made {
  const link = linkAbove(root, file);
  if (link !== undefined) return leadsAway(root, file, link);
  const found = editable(root, file, 'the job');
  if (found.kind === 'left') return found.finding;
  return found.kind === 'absent' ? newFile(root, file, content) : stays(root, file);
}

/** The first folder on the way to a file that is no real folder of the project (security §4). */
function linkAbove(root: string, file: string): string | undefined {
  const parts = file.split('/').slice(0, -1);
  const folders = parts.map((_, at) => parts.slice(0, at + 1).join(sep));
  return folders.find(folder => lstatOf(join(root, folder))?.isDirectory() === false);
}

function leadsAway(root: string, file: string, folder: string): Finding {
  const target = linkTarget(join(root, folder));
  return finding(
    'HB490',
    'warn',
    `${file} was not written: ${folder} is ${target === undefined ? 'no folder' : 'a symbolic link'}.`,
    'Files are written only into folders of the project itself.',
    { command: `ls -ld ${quoteWord(join(root, folder))}`, safe: false },
  );
}

function stays(root: string, file: string): Finding {
  return finding(
    'HB491',
    'info',
    `There is a file ${file} already, and it stays as it is.`,
    'What init writes into a project is never a change of a file for CI or a dev container that is there.',
    { command: `cat ${quoteWord(join(root, file))}`, safe: false },
  );
}

function notAtTheTop(kind: CiService, root: string, top: string): Finding {
  return finding(
    'HB492',
    'warn',
    `${PLACES[kind]} was not written: the service reads it at the top of the repository, ${top}.`,
    `This project lies below it. In a job of that file, run the command with -C ${quoteWord(root.slice(top.length + 1))}.`,
    { command: `ls -a ${quoteWord(top)}`, safe: false },
  );
}

function toInclude(root: string, file: string): Finding {
  return finding(
    'HB493',
    'info',
    `${file} stays as it is; it does not have the job of ${GITLAB_PART} yet.`,
    `Add these lines to it, or one more entry where it has an include: "include:", "  - local: ${GITLAB_PART}".`,
    { command: `cat ${quoteWord(join(root, file))}`, safe: false },
  );
}
