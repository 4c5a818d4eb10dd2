import { dirname, join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import type { Read, Step, Write } from '../engine/step.ts';
import { stepEnvironment } from '../system/environment.ts';
import { linkTarget, lstatOf, privateFolder, realPath } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import { npmNetwork } from '../system/npmrc.ts';
import { choosePackageIndex } from '../system/package-index.ts';
import { libc } from '../system/platform.ts';
import { plannedVersion } from '../system/uv-choice.ts';
import { copyIn, programName, uvCopies, uvFolder } from '../system/uv-copies.ts';
import { uvVersion } from '../system/uv-version.ts';
import { parseRange, type VersionRange } from '../system/version-range.ts';
import { progressText } from './download-progress.ts';
import { inUseElsewhere, isInside, undoUserWide } from './user-wide.ts';
import { binFinding, inTheWay, pipOnlyFinding, searchFindings } from './uv-findings.ts';
import { searchUv } from './uv-search.ts';

export interface UvState {
  /** A copy has to be fetched: where it goes and which one. */
  fetch: { target: string; to: string } | undefined;
  /** `uv` in the user's bin directory has to lead to our copy. */
  link: { action: 'add' | 'change'; target: string; to: string } | undefined;
}

/** uv in the wanted range: the one on PATH, else a copy of our own from the package index (design §5). */
export const uvStep: Step<UvState> = {
  id: 'uv',
  title: 'uv',
  needs: [],
  verifyNeeds: [],

  async inspect(ctx) {
    const range = wantedRange(ctx);
    const found = await searchUv(ctx, range);
    ctx.outputs.set('uv', found.using);
    if (!found.using && ctx.offline) throw offline(range);
    const fetch = found.using ? undefined : planFetch(ctx, range);
    const findings = [...searchFindings(found, range?.text, ctx), ...(await pipOnlyFinding(ctx))];
    const ours = fetch !== undefined || isInside(found.using?.path ?? '', uvFolder(ctx.paths.data));
    // Whoever has a uv of their own, fitting or not, keeps it under the name `uv`.
    if (!ours || found.hits.some(hit => !hit.own) || process.platform === 'win32') {
      return { state: { fetch, link: undefined }, findings };
    }
    const link = planLink(ctx, fetch?.target ?? found.using?.path ?? '', findings);
    findings.push(...binFinding(ctx));
    return { state: { fetch, link }, findings };
  },

  plan({ fetch, link }) {
    const changes: Change[] = [];
    if (fetch) {
      const detail = 'from the package index';
      changes.push({
        step: 'uv',
        key: 'copy',
        action: 'add',
        target: fetch.target,
        to: fetch.to,
        certain: true,
        detail,
      });
    }
    if (link) {
      changes.push({ step: 'uv', key: 'link', action: link.action, target: link.target, to: link.to, certain: true });
    }
    return changes;
  },

  async apply(change, ctx) {
    const range = wantedRange(ctx);
    if (change.key === 'copy') await fetchCopy(ctx, range);
    else await linkCopy(ctx, range);
    const { using } = await searchUv(ctx, range);
    ctx.outputs.set('uv', using);
  },

  async verify(ctx) {
    const uv = await ctx.outputs.get('uv');
    if (!uv) return [broken('There is no uv that can be started.', 'It should have been fetched in this run.')];
    const answer = await uvVersion(uv.path, stepEnvironment(ctx.env, ctx.path), dirname(uv.path), ctx.signal);
    if (answer === uv.version) return [];
    return [broken(`${uv.path} does not start.`, `It should be uv ${uv.version}.`)];
  },

  undoable: (_records, ctx) => inUseElsewhere('uv', ctx),

  async undo(records, ctx) {
    return undoUserWide('uv', records, ctx);
  },
};

function broken(message: string, cause: string): Finding {
  return finding('HB116', 'fail', message, cause, { command: 'hotpass-bootstrap setup --recheck', safe: true });
}

/** @throws UserError 78 for a range that is none; uv itself would only warn and enforce nothing (facts uv §6). */
function wantedRange(ctx: Read): VersionRange | undefined {
  const text = ctx.wanted.python.uvRange;
  if (text === undefined) return undefined;
  const range = parseRange(text);
  if (range) return range;
  throw new UserError({
    message: `The wanted uv version "${text}" is not a version range.`,
    cause: 'It is written like ">=0.9,<0.14" or "0.13.9" ([python] uv in the manifest, [tool.uv] required-version).',
    next: 'hotpass-bootstrap plan',
    exit: EXIT.invalid,
  });
}

function offline(range: VersionRange | undefined): UserError {
  return new UserError({
    message: `There is no uv ${range ? `${range.text} ` : ''}on this machine, and --offline forbids fetching it.`,
    cause: "uv was looked for on PATH, in the user's bin directory and among the copies of this tool.",
    next: 'hotpass-bootstrap setup',
    exit: EXIT.unreachable,
  });
}

function planFetch(ctx: Read, range: VersionRange | undefined): UvState['fetch'] {
  const version = plannedVersion(range);
  const folder = uvFolder(ctx.paths.data);
  // Which version is the newest that fits is known once the index has been asked; a plan asks nobody.
  if (version === undefined) return { target: folder, to: `the newest ${range?.text ?? ''}`.trim() };
  return { target: join(folder, version, programName('uv')), to: version };
}

/** The link is right when it leads to any complete copy: two workspaces with different ranges must not fight over it. */
function planLink(ctx: Read, copy: string, findings: Finding[]): UvState['link'] {
  const target = join(ctx.paths.bin, 'uv');
  const place = linkPlace(ctx, target);
  if (place === 'right') return undefined;
  if (place === 'foreign') {
    findings.push(inTheWay(target));
    return undefined;
  }
  return { action: place === 'free' ? 'add' : 'change', target, to: copy };
}

function linkPlace(ctx: Read, target: string): 'free' | 'right' | 'stale' | 'foreign' {
  if (lstatOf(target) === undefined) return 'free';
  const leadsTo = linkTarget(target);
  if (leadsTo === undefined || !isInside(leadsTo, uvFolder(ctx.paths.data))) return 'foreign';
  const real = realPath(target);
  return real !== undefined && copyIn(dirname(real)) !== undefined ? 'right' : 'stale';
}

async function fetchCopy(ctx: Write, range: VersionRange | undefined): Promise<void> {
  // HTTP, TLS and unzipping are loaded only when they are needed.
  const [{ findRelease }, { installRelease }] = await Promise.all([
    import('../system/uv-release.ts'),
    import('../system/uv-install.ts'),
  ]);
  const { env, root } = ctx;
  const network = { env, npm: npmNetwork(env) };
  const index = await choosePackageIndex(env, root);
  const { platform, arch } = process;
  const machine = { platform, arch, libc: platform === 'linux' ? libc() : undefined };
  const say = (text: string): void => ctx.emit({ type: 'step-progress', step: 'uv', text });
  say(`asking ${index.url.host}`);
  const release = await findRelease(index, range, machine, { network, signal: ctx.signal });
  const folder = join(uvFolder(ctx.paths.data), release.version);
  ctx.files.created(folder);
  await installRelease(release, folder, {
    index,
    network,
    env: stepEnvironment(env, ctx.path),
    onProgress: progressText(`uv ${release.version}`, say),
    signal: ctx.signal,
  });
}

async function linkCopy(ctx: Write, range: VersionRange | undefined): Promise<void> {
  const { using } = await searchUv(ctx, range);
  const copy = uvCopies(ctx.paths.data).find(({ path }) => path === using?.path);
  if (!copy) throw new Error('there is no copy of uv to link to');
  privateFolder(ctx.paths.state);
  await withLock(join(ctx.paths.state, 'bin.lock'), 'linking uv', () => {
    for (const [name, to] of [
      ['uvx', copy.uvx],
      ['uv', copy.path],
    ] as const) {
      const target = join(ctx.paths.bin, name);
      if (to === undefined || linkPlace(ctx, target) === 'foreign') continue;
      ctx.files.link(target, to);
    }
  });
}
