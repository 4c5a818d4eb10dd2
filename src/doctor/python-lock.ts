import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { normalName, type Project } from '../manifest/pyproject.ts';
import { readText } from '../system/files.ts';
import { choosePackageIndex, DEFAULT_INDEX } from '../system/package-index.ts';
import { splitUrl } from '../system/url-credentials.ts';
import { namesDefaultIndex } from '../system/uv-config.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';
import { projectIn } from './python-project.ts';

/** Why uv may call a lock stale that nobody has touched. Reads files only. */
export const lockFits: WorkspaceCheck = {
  title: 'uv.lock is usable on this machine',
  about: 'workspace',
  async run(look) {
    const lock = readText(join(look.root, 'uv.lock'));
    if (lock === undefined) return [];
    const project = projectIn(look.root);
    return [...(await otherIndex(lock, project, look)), ...gitVersion(lock, project, look.root)];
  },
};

/** uv.lock names an index, and uv does not put another one in its place (facts uv §2, uv#6349). */
async function otherIndex(lock: string, project: Project | undefined, look: WorkspaceLook): Promise<Finding[]> {
  const locked = new Set([...lock.matchAll(/^source = \{ registry = "([^"]+)"/gm)].map(([, url = '']) => plain(url)));
  const remote = [...locked].filter(url => /^https?:/.test(url));
  if (remote.length === 0) return [];
  const { url, source, pipOnly } = await choosePackageIndex(look.env, look.root).catch(() => UNUSABLE);
  if (url === undefined) return [];
  const fromVariable = /^UV_/.test(source);
  const ofProject = await projectNamesIndex(look.root);
  // A variable beats the project, the project beats the person's uv.toml.
  const inUse = pipOnly || (ofProject && !fromVariable) ? undefined : plain(url.href);
  const known = new Set([
    inUse ?? plain(DEFAULT_INDEX),
    ...Object.values(project?.indexes ?? {}).map(one => plain(one.url)),
  ]);
  if (fromVariable && inUse !== undefined && !locked.has(inUse)) {
    return [
      finding(
        'HB290',
        'warn',
        `${source} names the index ${inUse}, and uv.lock was made with ${remote[0]}.`,
        'uv does not put one index in the place of another: it calls the lock stale, and rewriting it would change it for everybody.',
        { command: `unset ${source}`, safe: false },
      ),
    ];
  }
  const strange = remote.filter(one => !known.has(one));
  if (ofProject || strange.length === 0) return [];
  const here =
    inUse === undefined || inUse === plain(DEFAULT_INDEX) ? 'nothing here names it' : `${source} names ${inUse}`;
  return [
    finding(
      'HB290',
      'warn',
      `uv.lock was made with the index ${strange[0]}, and ${here}.`,
      'uv calls such a lock stale. Either the project names the index in [[tool.uv.index]], for everybody, or the lock is made again with the index that everybody has.',
      { command: `grep -n ${quoteWord(`registry = "${strange[0]}`)} uv.lock`, safe: false },
    ),
  ];
}

const UNUSABLE = { url: undefined, source: '', pipOnly: false };

async function projectNamesIndex(root: string): Promise<boolean> {
  const [project, own] = ['pyproject.toml', 'uv.toml'].map(name => readText(join(root, name)));
  if (project !== undefined && (await namesDefaultIndex(project, 'pyproject'))) return true;
  return own !== undefined && (await namesDefaultIndex(own, 'uv'));
}

/** Without user info and the last slash: how two spellings are compared and shown. */
function plain(url: string): string {
  return URL.canParse(url) ? splitUrl(new URL(url)).url.href.replace(/\/$/, '') : url;
}

/** A version that git makes differs in every clone, so a lock that holds one is stale for everybody else (facts real-world 6). */
function gitVersion(lock: string, project: Project | undefined, root: string): Finding[] {
  const text = readText(join(root, 'pyproject.toml')) ?? '';
  if (project?.name === undefined || !/^[ \t]*dynamic[ \t]*=[ \t]*\[[^\]]{0,500}?["']version["']/m.test(text))
    return [];
  const name = normalName(project.name).replace(/[.]/g, '\\.');
  const block = new RegExp(
    `^name = "${name}"\\r?\\nversion = "([^"]+)"\\r?\\nsource = \\{ (?:editable|virtual|directory) = "\\."`,
    'm',
  );
  const version = block.exec(lock)?.[1];
  if (version === undefined || !/\.dev\d|\+/.test(version)) return [];
  return [
    finding(
      'HB290',
      'warn',
      `uv.lock holds the version ${version} of the project itself.`,
      'That version is made from git and differs in every clone, so uv calls the lock stale for everybody but its author. A newer uv leaves such versions out when it locks.',
      { command: 'uv lock', safe: false },
    ),
  ];
}
