import { basename } from 'node:path';
import { EXIT, Interrupted, UserError } from '../core/errors.ts';
import { isEnvFile, secretNames } from '../doctor/secrets-files.ts';
import type { Workspace } from '../engine/workspace.ts';
import { resolve } from '../manifest/resolve.ts';
import { plainSettings } from '../prefect/plain-settings.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { itemOf } from '../secrets/names.ts';
import { type HistoryScan, scanHistory } from '../secrets/scan/history.ts';
import type { Hit } from '../secrets/scan/hit.ts';
import { type KnownTable, type KnownValue, knownTable } from '../secrets/scan/known.ts';
import { filesToScan, type ScannedFile, type ScanScope } from '../secrets/scan/places.ts';
import { askDetectors, type Detected } from '../secrets/scan/project-detectors.ts';
import { sarifOf } from '../secrets/scan/sarif.ts';
import { type FilesScan, scanFiles } from '../secrets/scan/scan-files.ts';
import { environmentOfTasks } from '../steps/child-environment.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { safePath } from '../system/environment.ts';
import { replaceFile } from '../system/files.ts';
import { packageVersion } from '../system/package-root.ts';
import { type ScanResult, scanDocument, showScan } from './scan-view.ts';
import { openStore, requireApproved, type Session } from './session.ts';

/**
 * `secrets scan`: values of the store and keys of known shapes in the workspace, in git's history, in shell histories
 * and in files of Prefect and npm. Sends nothing anywhere, changes nothing. A store that does not open keeps the rest
 * from nothing: shapes need no store. @returns 2 when something was found, else the exit code of a store that did not open.
 */
export async function scanSecrets(session: Session, workspace: Workspace): Promise<number> {
  const { env, paths, abort, options } = session;
  const { wanted } = workspace;
  const { root } = wanted;
  await requireApproved(session, workspace);
  refuseDebugging(env);
  forbidCoreFiles();
  const stored = await knownValues(session, workspace);
  const known = stored instanceof UserError ? knownTable([]) : stored;
  const path = safePath(env, root);
  const scope: ScanScope = { root, home: paths.home, env, path };
  const listed = await filesToScan(scope);
  const files = await scanFiles(listed, known, abort.signal, (file, bytes) => plainIn(workspace, file, bytes));
  const work = listed.filter(({ place }) => place === 'file').map(({ file }) => file);
  const programs = environmentOfTasks({ root, wanted, path }, undefined)['PATH'] ?? path;
  const detected = await askDetectors(scope, programs, work, abort.signal);
  const history = await scanHistory(scope, known, abort.signal);
  const result: ScanResult = {
    hits: merged(files, detected, history),
    files,
    detected,
    history,
    left: known.left,
    unopened: stored instanceof UserError ? stored : undefined,
  };
  if (options.sarif !== undefined) replaceFile(options.sarif, sarifOf(result.hits, packageVersion()), 0o644);
  if (options.json) scanDocument(wanted.workspace, result);
  else showScan(session, result);
  if (result.hits.length > 0) return EXIT.pending;
  return result.unopened?.exit ?? EXIT.ok;
}

/** Values of all environments, or why the store does not give them. */
async function knownValues(session: Session, { wanted, loaded, linked }: Workspace): Promise<KnownTable | UserError> {
  const all = loaded.environments.map(name =>
    name === wanted.environment ? wanted : resolve(loaded, { environment: name }),
  );
  const secrets = all.flatMap(({ environment, secrets }) => secrets.map(secret => ({ environment, secret })));
  const { store } = await openStore(session, wanted.root);
  // Only the environment store, which has no names of its own, is opened in a folder that is not linked.
  const namespace = linked?.namespace ?? wanted.workspace;
  const items = secrets.map(({ environment, secret }) => itemOf(namespace, environment, secret));
  let values: readonly (string | undefined)[];
  try {
    values = await store.get(items);
  } catch (error) {
    if (error instanceof UserError && !(error instanceof Interrupted)) return error;
    throw error;
  }
  const known: KnownValue[] = secrets.flatMap(({ environment, secret: { name } }, at) => {
    const value = values[at];
    return value === undefined ? [] : [{ name, environment, value }];
  });
  return knownTable(known);
}

/** Secrets that have neither a value we know nor a shape: a setting of Prefect, a variable whose name says what it is. */
async function plainIn({ wanted }: Workspace, { place, path, file }: ScannedFile, bytes: Buffer): Promise<Hit[]> {
  if (place === 'prefect') {
    const settings = await plainSettings(bytes.toString(), path).catch(() => []);
    return settings.map(({ name, profile, line }) => {
      return { place, file, line, rule: 'prefect-setting', what: `${name} of the profile ${profile}, in the clear` };
    });
  }
  if (place !== 'file' || !isEnvFile(basename(path))) return [];
  const lines = bytes.toString().split('\n');
  return secretNames(path, wanted.secrets).flatMap(name => {
    const at = lines.findIndex(line => line.replace(/^\uFEFF?\s*(export\s+)?/, '').startsWith(`${name}=`));
    return [{ place, file, line: at + 1 || 1, rule: 'plain-variable', what: `a value of ${name}, in the clear` }];
  });
}

/** What is guessed by a detector counts where nothing is known of the line. */
function merged({ hits }: FilesScan, detected: readonly Detected[], history: HistoryScan | undefined): Hit[] {
  const seen = new Set(hits.map(({ file, line }) => `${file}:${line}`));
  const guessed = detected
    .flatMap(one => one.hits)
    .filter(({ file, line }) => !seen.has(`${file}:${line}`) && seen.add(`${file}:${line}`));
  return [...hits, ...guessed, ...(history?.hits ?? [])];
}
