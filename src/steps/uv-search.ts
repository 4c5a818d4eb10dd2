import { basename, dirname, join } from 'node:path';
import type { Read } from '../engine/step.ts';
import { allOnPath, isExecutable, stepEnvironment } from '../system/environment.ts';
import { realPath } from '../system/files.ts';
import { fileIdentity } from '../system/identity.ts';
import { compareVersions, parseVersion, type Version } from '../system/python-version.ts';
import { copyIn, programName, uvCopies, uvFolder } from '../system/uv-copies.ts';
import { uvVersion } from '../system/uv-version.ts';
import { fits, type VersionRange } from '../system/version-range.ts';
import { isInside } from './user-wide.ts';

/** A uv that stands on PATH or in the user's bin directory. */
export interface Hit {
  path: string;
  /** Undefined: not asked yet, or no answer. */
  version: string | undefined;
  asked: boolean;
  /** A version manager's, whose version depends on the folder. */
  shim: boolean;
  /** A link to one of our copies. */
  own: boolean;
}

export interface Found {
  using: { path: string; version: string } | undefined;
  hits: readonly Hit[];
}

/** The oldest uv whose behaviour was measured (facts uv); an older one on PATH is not used. */
const OLDEST = parseVersion('0.8.24') as Version;
const STAMP = 'uv-version';

/**
 * The uv that will be used: the first on PATH that fits, else our own copy, else a version manager's shim. Each file
 * is asked for its version once and then remembered by its identity, so that an idle run starts no uv here.
 */
export async function searchUv(ctx: Read, range: VersionRange | undefined): Promise<Found> {
  const hits = hitsOf(ctx);
  const versions = new Versions(ctx);
  let using: Found['using'];
  const ask = async (hit: Hit): Promise<void> => {
    hit.asked = true;
    const copy = hit.own ? copyIn(dirname(realPath(hit.path) ?? hit.path)) : undefined;
    hit.version = hit.own ? copy?.version : await versions.of(hit);
    if (using || hit.version === undefined || !isFit(hit.version, range)) return;
    if (copy || isRecent(hit.version)) using = { path: copy?.path ?? hit.path, version: hit.version };
  };
  for (const hit of hits) if (!hit.shim && !using) await ask(hit);
  if (!using) {
    const copy = uvCopies(ctx.paths.data).find(({ version }) => isFit(version, range));
    if (copy) using = { path: copy.path, version: copy.version };
  }
  // A shim reads the folder's own files to choose: not in a folder that nobody has approved.
  for (const hit of hits) if (hit.shim && !using && ctx.approved) await ask(hit);
  versions.remember();
  return { using, hits };
}

function isFit(version: string, range: VersionRange | undefined): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && fits(parsed, range);
}

function isRecent(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && compareVersions(parsed, OLDEST) >= 0;
}

function hitsOf(ctx: Read): Hit[] {
  const name = programName('uv');
  const extra = join(ctx.paths.bin, name);
  const paths = new Set([...allOnPath('uv', ctx.path), ...(isExecutable(extra) ? [extra] : [])]);
  return [...paths].map(path => ({
    path,
    version: undefined,
    asked: false,
    shim: isShim(path),
    own: isInside(realPath(path) ?? path, uvFolder(ctx.paths.data)),
  }));
}

function isShim(path: string): boolean {
  if (/[\\/]scoop[\\/]shims$/i.test(dirname(path))) return false; // A fixed redirection.
  const target = basename(realPath(path) ?? path).replace(/\.exe$/, '');
  return basename(dirname(path)) === 'shims' || ['mise', 'rtx', 'asdf', 'proto-shim'].includes(target);
}

/** Versions by identity of the file, kept in one stamp. */
class Versions {
  readonly #ctx: Read;
  readonly #known: Record<string, string>;
  readonly #seen: Record<string, string> = {};

  constructor(ctx: Read) {
    this.#ctx = ctx;
    this.#known = ctx.recheck ? {} : parse(ctx.stamps.digestOf(STAMP));
  }

  async of(hit: Hit): Promise<string | undefined> {
    const { env, path, root, signal } = this.#ctx;
    const ask = (cwd: string): Promise<string | undefined> =>
      uvVersion(hit.path, stepEnvironment(env, path), cwd, signal);
    if (hit.shim) return ask(root);
    const identity = fileIdentity(hit.path);
    if (identity === undefined) return undefined;
    const version = this.#known[identity] ?? (await ask(dirname(hit.path)));
    if (version !== undefined) this.#seen[identity] = version;
    return version;
  }

  remember(): void {
    const text = JSON.stringify(this.#seen);
    if (text !== '{}' && text !== this.#ctx.stamps.digestOf(STAMP)) this.#ctx.stamps.record(STAMP, text);
  }
}

function parse(text: string | undefined): Record<string, string> {
  try {
    return JSON.parse(text ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}
