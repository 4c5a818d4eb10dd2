import { join } from 'node:path';
import { digest } from '../../engine/stamps.ts';
import type { Write } from '../../engine/step.ts';
import { now } from '../../system/clock.ts';
import { forbidCoreFiles } from '../../system/core-files.ts';
import { readText } from '../../system/files.ts';
import type { Finished } from '../../system/process.ts';
import { markProcess } from '../../system/processes.ts';
import { holdsUserInfo } from '../../system/url-credentials.ts';
import { uvByName } from '../child-environment.ts';
import { fetchBuildRequirements, missingRequirements } from './build-requirements.ts';
import { byAddress, credentialsFor, redactorOf } from './credentials.ts';
import { classify, failureOf } from './failures.ts';
import { NO_COMPILING, selectionFlags, UV_PLAIN } from './flags.ts';
import { type Marker, writeMarker } from './marker.ts';
import { forgetAuthorities, machineAuthorities, npmProxy } from './network.ts';
import { lockedPackages } from './private-index.ts';
import { Progress, stopGently, throwIfStopped } from './watch.ts';

export interface SyncOptions {
  /** Absolute path of uv. */
  uv: string;
  /** Remove what uv.lock does not ask for. */
  exact: boolean;
  /** Packages to install anew though uv thinks that they are there. */
  reinstall: readonly string[];
  /** Packages that will be installed, for the progress line. */
  total: number;
  /** What to synchronise, as flags; without them what the manifest asks for. */
  selection?: readonly string[];
  /** How uv takes the lock: verified (the default) or as it is. */
  trust?: '--locked' | '--frozen';
  /** Further flags of one pass. */
  flags?: readonly string[];
}

/** One sync, of several passes. */
interface Sync extends SyncOptions {
  /** How uv reaches the index, as variables; what one pass found out holds for the next. */
  network: Record<string, string>;
}

/**
 * `uv sync --locked` with the recorded selection, reaching the index as this machine does. The marker is written before
 * uv starts and stays until the caller has found the environment whole.
 * @throws UserError for a failure that the table knows, Interrupted when the run was stopped.
 */
export async function sync(ctx: Write, asked: SyncOptions): Promise<void> {
  const credentials = await credentialsFor(ctx);
  const options: Sync = { ...asked, network: npmProxy(ctx.env) };
  try {
    if (Object.keys(credentials).length === 0) return await attempt(ctx, options);
    forbidCoreFiles();
    await fetchPrivately(ctx, options, credentials);
    await buildPlainly(ctx, options, credentials);
  } finally {
    forgetAuthorities(ctx);
  }
}

/**
 * The first of two passes: wheels only and nothing of the workspace, so that no build script runs while the index
 * password is in the environment (security §5). The lock was verified before, and verifying it can build, so: frozen.
 * A package of another place that has no wheel waits for the second pass.
 */
async function fetchPrivately(ctx: Write, options: Sync, credentials: Record<string, string>): Promise<void> {
  const later: string[] = [];
  const locked = await lockedPackages(ctx.root, Object.values(credentials).filter(holdsUserInfo));
  for (;;) {
    // uv wants a wheel of every package that may not be built, also of one that it does not install.
    const others = locked.names.filter(name => !later.includes(name));
    const noBuild = later.length === 0 ? ['--no-build'] : others.flatMap(name => ['--no-build-package', name]);
    const skipped = later.flatMap(name => ['--no-install-package', name]);
    const flags = ['--no-install-workspace', ...NO_COMPILING, ...noBuild, ...skipped];
    const result = await runUv(
      ctx,
      { ...options, exact: false, trust: '--frozen', flags },
      byAddress(credentials, ctx),
    );
    if (result.code === 0) return;
    const name = /`([^`=@\s]+)[^`]*`[^`\n]*is marked as `--no-build`/.exec(result.stderr)?.[1];
    if (name === undefined || locked.isPrivate(name) || later.includes(name))
      throw failed(ctx, options.uv, result, credentials);
    later.push(name);
  }
}

/**
 * The second pass, without the credentials. What a build script needs may stand in the private index alone: uv names
 * it, it is fetched with them, and then the build takes it from the cache.
 */
async function buildPlainly(ctx: Write, options: Sync, credentials: Record<string, string>): Promise<void> {
  const first = await runUv(ctx, options, {});
  const needed = new Set<string>();
  for (let result = first; result.code !== 0; ) {
    const missing = missingRequirements(result.stderr).filter(requirement => !needed.has(requirement));
    for (const requirement of missing) needed.add(requirement);
    const isFetched =
      missing.length > 0 &&
      (await fetchBuildRequirements(ctx, options.uv, [...needed], { ...options.network, ...credentials }));
    if (!isFetched) throw failed(ctx, options.uv, first, credentials);
    result = await runUv(ctx, { ...options, flags: ['--offline'] }, {});
  }
}

async function attempt(ctx: Write, options: Sync): Promise<void> {
  const result = await runUv(ctx, options, {});
  if (result.code !== 0) throw failed(ctx, options.uv, result, {});
}

/** Runs uv, once more after an untrusted certificate (with the machine's own) or a fault of the network. */
async function runUv(ctx: Write, options: Sync, added: Record<string, string>): Promise<Finished> {
  let result = await runOnce(ctx, options, added);
  if (result.code === 0) return result;
  const failure = classify(result.stderr);
  if (failure.name === 'tls' && options.network['UV_SYSTEM_CERTS'] === undefined) {
    ctx.emit({
      type: 'note',
      text: 'The index has a certificate that uv does not know; trying with those of this machine.',
    });
    Object.assign(options.network, await machineAuthorities(ctx));
    result = await runOnce(ctx, options, added);
  } else if (failure.retry && !ctx.offline) {
    ctx.emit({ type: 'step-progress', step: 'python', text: 'the index did not answer well; trying once more' });
    result = await runOnce(ctx, options, added);
  }
  return result;
}

async function runOnce(ctx: Write, options: Sync, added: Record<string, string>): Promise<Finished> {
  const flags = [
    ...(options.selection ?? selectionFlags(ctx.wanted.python)),
    ...(options.exact ? [] : ['--inexact']),
    ...options.reinstall.flatMap(name => ['--reinstall-package', name]),
    ...(options.flags ?? []),
    ...(ctx.offline && !options.flags?.includes('--offline') ? ['--offline'] : []),
  ];
  const marker: Marker = {
    schema: 1,
    at: now().wall,
    flags,
    lock: digest(readText(join(ctx.root, 'uv.lock')) ?? ''),
    uv: undefined,
  };
  writeMarker(ctx.linked, marker);
  throwIfStopped(ctx);
  const compile = ctx.env['UV_COMPILE_BYTECODE'];
  const isPrivate = NO_COMPILING.some(flag => flags.includes(flag));
  const progress = new Progress(options.total);
  let pid: number | undefined;
  const unwatch = stopGently(ctx, progress, () => pid);
  try {
    const result = await ctx.spawn([options.uv, 'sync', options.trust ?? '--locked', ...flags], {
      env: {
        ...UV_PLAIN,
        ...options.network,
        ...(isPrivate || !compile ? {} : { UV_COMPILE_BYTECODE: compile }),
        ...added,
      },
      signal: false,
      onSpawn: started => {
        pid = started;
        writeMarker(ctx.linked, { ...marker, uv: markProcess(started) });
      },
      onLine: line => {
        ctx.emit({ type: 'child-line', step: 'python', line });
        if (progress.take(line)) ctx.emit({ type: 'step-progress', step: 'python', text: progress.text });
      },
    });
    throwIfStopped(ctx);
    return result;
  } finally {
    unwatch();
  }
}

function failed(ctx: Write, uv: string, result: Finished, credentials: Record<string, string>): Error {
  return failureOf(result.stderr, redactorOf(credentials).clean, uvByName(ctx, uv));
}
