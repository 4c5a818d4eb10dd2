import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { namesIn, readText } from '../system/files.ts';

/**
 * Version of the Prefect in an environment, from the names of its dist-infos; no Python is started.
 * @param sitePackages undefined when there is no environment.
 * @returns undefined when it holds neither `prefect` nor `prefect-client`.
 */
export function installedPrefect(sitePackages: string | undefined): string | undefined {
  if (sitePackages === undefined) return undefined;
  const versions = namesIn(sitePackages).map(name => /^prefect(?:_client)?-(\d[^-]*)\.dist-info$/.exec(name)?.[1]);
  return versions.find(version => version !== undefined);
}

/** Version of Prefect that `uv.lock` holds, by text alone; undefined when it holds none. */
export function lockedPrefect(root: string): string | undefined {
  const lock = readText(join(root, 'uv.lock')) ?? '';
  return /^name = "prefect(?:-client)?"\r?\nversion = "([^"]+)"/m.exec(lock)?.[1];
}

/**
 * Refuses Prefect 2: a name it does not know in any profile ends every command of it (facts prefect §2).
 * @throws UserError 78.
 */
export function refusePrefect2(version: string): void {
  if (Number.parseInt(version, 10) >= 3) return;
  throw new UserError({
    id: 'HB211',
    message: `This workspace has Prefect ${version}; a profile is only written for Prefect 3.`,
    cause: 'Prefect 2 stops at every setting it does not know, in any profile, and both share one profiles.toml.',
    next: 'uv lock --upgrade-package prefect',
    exit: EXIT.invalid,
  });
}

/** Is this the first start of a fresh environment, before Python has compiled it? Then it takes several times as long. */
export function isCold(sitePackages: string): boolean {
  return namesIn(join(sitePackages, 'prefect', '__pycache__')).length === 0;
}
