import { basename, dirname, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteCommand } from '../core/quote.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { allOnPath, isExecutable, stepEnvironment } from '../system/environment.ts';
import { namesIn, realPath } from '../system/files.ts';
import { parseVersion } from '../system/python-version.ts';
import { programName } from '../system/uv-copies.ts';
import { uvVersion } from '../system/uv-version.ts';
import { fits, parseRange } from '../system/version-range.ts';
import type { MachineCheck, WorkspaceCheck } from './check.ts';

/** Several uv on PATH: which one answers depends on the order, and an update of one leaves the others (facts uv §5). */
export const severalUv: MachineCheck = {
  title: 'One uv on PATH',
  about: 'machine',
  async run({ env, path, signal }) {
    // A shim's version depends on the folder, so it is not asked; the step tells of it (HB113).
    const files = distinct(allOnPath('uv', path).filter(isPlain));
    if (files.length < 2) return [];
    const children = stepEnvironment(env, path);
    const asked = await Promise.all(
      files.map(async file => ({
        file,
        version: await uvVersion(file, children, dirname(file), signal),
      })),
    );
    const answered = asked.filter(({ version }) => version !== undefined);
    if (new Set(answered.map(({ version }) => version)).size < 2) return [];
    const [first] = answered;
    return [
      finding(
        'HB291',
        'info',
        `There are ${answered.length} uv of different versions on PATH.`,
        `${answered.map(({ file, version }) => `${version} at ${file}`).join(', ')}. A shell takes the first one, ${first?.version}.`,
        { command: quoteCommand(['which', '-a', 'uv']), safe: false },
      ),
    ];
  },
};

/** One path for each file, the first. */
function distinct(paths: readonly string[]): string[] {
  const real = paths.map(path => realPath(path) ?? path);
  return paths.filter((_, at) => real.indexOf(real[at] ?? '') === at);
}

function isPlain(file: string): boolean {
  return basename(dirname(file)) !== 'shims';
}

/** uv as a dependency of the project: in an activated shell and under `uv run` it comes before every other (facts real-world 7). */
export const uvInProject: WorkspaceCheck = {
  title: 'uv is not shadowed by the project',
  about: 'workspace',
  run: async ({ root, wanted }) => {
    const folder = join(venvFolder(root), process.platform === 'win32' ? 'Scripts' : 'bin');
    if (!isExecutable(join(folder, programName('uv')))) return [];
    const version = installed(root);
    const range = wanted.python.uvRange === undefined ? undefined : parseRange(wanted.python.uvRange);
    const parsed = version === undefined ? undefined : parseVersion(version);
    const wrong = range !== undefined && parsed !== undefined && !fits(parsed, range);
    return [shadowing(version, wrong ? range.text : undefined)];
  },
};

function installed(root: string): string | undefined {
  const site = sitePackages(root);
  return namesIn(site ?? '').flatMap(name => /^uv-([^-]+)\.dist-info$/.exec(name)?.[1] ?? [])[0];
}

function shadowing(version: string | undefined, missed: string | undefined): Finding {
  const what = version === undefined ? 'a uv' : `uv ${version}`;
  return finding(
    'HB291',
    missed === undefined ? 'info' : 'warn',
    missed === undefined
      ? `.venv holds ${what}, a dependency of the project.`
      : `.venv holds ${what}, a dependency of the project, which is not ${missed}.`,
    'In an activated shell and in scripts of `uv run` it comes before the uv that setup uses.',
    { command: 'uv tree --invert --package uv', safe: false },
  );
}
