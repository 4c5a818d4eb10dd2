import { join } from 'node:path';
import { EXIT, errorCode, Interrupted, UserError } from '../../core/errors.ts';
import { brokenDistributions } from '../../engine/distributions.ts';
import { asidePath } from '../../engine/files-port.ts';
import { sitePackages, venvFolder } from '../../engine/fingerprint.ts';
import type { Write } from '../../engine/step.ts';
import { emptyFolder, lstatOf, namesIn, removeTree, rename } from '../../system/files.ts';
import type { PythonChange } from './changes.ts';
import { askUv } from './question.ts';
import { brokenNames, damagedCache, settleSync } from './settle.ts';
import { sync } from './sync.ts';
import { assertChangeable, venvKind } from './venv.ts';

/** Carries out one change of the plan and finds the environment whole, or mends it once. */
export async function carryOut(change: PythonChange, ctx: Write): Promise<void> {
  const uv = (await ctx.outputs.get('uv'))?.path;
  if (uv === undefined) throw noUv();
  venvKind(ctx.root);
  await assertChangeable(ctx);
  const plain = { uv, exact: ctx.wanted.python.exact, reinstall: [], total: change.total };
  if (change.key === 'recreate') {
    await recreate(ctx, uv, change.total);
  } else if (change.key === 'repair') {
    dropRecordless(ctx, change.reinstall);
    await sync(ctx, { ...plain, exact: false, reinstall: change.reinstall });
  } else {
    const isNew = namesIn(venvFolder(ctx.root)).length === 0;
    if (isNew) ctx.files.created(venvFolder(ctx.root));
    // Removals are a change of their own, so that what was shown is what happens.
    await sync(ctx, { ...plain, exact: isNew || change.key === 'packages' });
  }
  // uv answers while every RECORD is read.
  const answer = askUv(ctx, uv);
  answer.catch(() => {}); // Awaited below, if it still counts then.
  const mended = await mend(ctx, uv, change);
  await settleSync(ctx, mended ? askUv(ctx, uv) : answer, change);
}

/**
 * Checks every RECORD after a sync; what an earlier interruption left is made anew once.
 * @returns whether anything had to be mended.
 */
async function mend(ctx: Write, uv: string, change: PythonChange): Promise<boolean> {
  let broken = (await brokenNames(ctx, uv)).ours;
  if (broken.length === 0) return false;
  if (ctx.wanted.python.exact) await recreate(ctx, uv, change.total);
  else {
    dropRecordless(ctx, broken);
    await sync(ctx, { uv, exact: false, reinstall: broken, total: broken.length });
  }
  broken = (await brokenNames(ctx, uv)).ours;
  if (broken.length > 0) throw damagedCache(broken);
  return true;
}

/** Sets the present environment aside and makes it anew; if that fails, the former one comes back. */
async function recreate(ctx: Write, uv: string, total: number): Promise<void> {
  const venv = venvFolder(ctx.root);
  const aside = asidePath(venv, ctx.run);
  const second = lstatOf(aside) !== undefined;
  if (second) discard(venv);
  else if (lstatOf(venv)) ctx.files.setAside(venv);
  ctx.files.created(venv);
  try {
    await sync(ctx, { uv, exact: true, reinstall: [], total });
  } catch (error) {
    if (!(error instanceof Interrupted) && lstatOf(aside)) {
      discard(venv);
      rename(aside, venv);
    }
    throw error;
  }
}

/** Removes an environment; where the folder is a mount point, what is in it. */
export function discard(venv: string): void {
  try {
    removeTree(venv);
  } catch (error) {
    if (errorCode(error) !== 'EBUSY') throw error;
    emptyFolder(venv);
  }
}

/** uv cannot uninstall a distribution that has no RECORD, so its dist-info goes before it is installed anew. */
function dropRecordless(ctx: Write, names: readonly string[]): void {
  const site = sitePackages(ctx.root);
  if (site === undefined) return;
  for (const { name, distInfo } of brokenDistributions(ctx.root)) {
    if (names.includes(name) && !lstatOf(join(site, distInfo, 'RECORD'))) removeTree(join(site, distInfo));
  }
}

function noUv(): UserError {
  return new UserError({
    id: 'HB246',
    message: 'There is no uv to synchronise with.',
    cause: 'setup gets one itself, unless the step uv was left out or failed.',
    next: 'hotpass-bootstrap setup --only uv',
    exit: EXIT.failed,
  });
}
