import { join } from 'node:path';
import { venvVersion } from '../engine/fingerprint.ts';
import type { Workspace } from '../engine/workspace.ts';
import { readPyproject } from '../manifest/locate.ts';
import { tableAt } from '../manifest/toml.ts';
import { lockedVersions } from '../manifest/uv-lock.ts';
import { profilesPath } from '../prefect/profiles-path.ts';
import { readProfiles } from '../prefect/profiles-text.ts';
import type { SecretStore, StoreReport } from '../secrets/store.ts';
import { searchUv } from '../steps/uv-search.ts';
import { readText } from '../system/files.ts';
import { machineName } from '../system/machine-name.ts';
import { parseRange } from '../system/version-range.ts';
import type { Row } from '../terminal/rows-view.ts';
import { homely } from '../terminal/text.ts';
import { contextOf } from './looking.ts';
import type { Session } from './session.ts';

/**
 * What there is before anything was changed, in one glance: machine, project, uv, Python, Prefect, keychain. Starts
 * nothing but `uv --version`; what cannot be read is left to the plan, which says it with its cause.
 * @param keychain how the keychain answered; undefined when it need not be asked.
 */
export async function foundRows(
  session: Session,
  workspace: Workspace,
  store: SecretStore,
  keychain: StoreReport | undefined,
): Promise<Row[]> {
  const uv = await uvRow(session, workspace, store);
  return [
    { label: 'machine', text: machineName(), state: 'good' },
    projectRow(session, workspace),
    uv,
    pythonRow(workspace),
    prefectRow(session, workspace),
    keychainRow(workspace, store, keychain),
  ];
}

function projectRow(session: Session, { loaded, wanted }: Workspace): Row {
  const { source } = loaded;
  const manifest = {
    file: 'hotpass-bootstrap.toml',
    pyproject: '[tool.hotpass-bootstrap] in pyproject.toml',
    template: source.kind === 'template' ? `the template ${source.name}` : '',
    inferred: 'no manifest, so pyproject.toml and uv.lock say what is needed',
  }[source.kind];
  return {
    label: 'project',
    text: `${wanted.workspace} in ${homely(wanted.root, session.paths.home)}; ${manifest}`,
    state: 'good',
  };
}

async function uvRow(session: Session, workspace: Workspace, store: SecretStore): Promise<Row> {
  const { wanted } = workspace;
  const ctx = contextOf(session, workspace, store, { approved: false, offline: true, recheck: false });
  const range = wanted.python.uvRange === undefined ? undefined : parseRange(wanted.python.uvRange);
  const { using, hits } = await searchUv(ctx, range);
  if (using) return { label: 'uv', text: `${using.version}, ${homely(using.path, session.paths.home)}`, state: 'good' };
  const unfit = hits.find(hit => hit.version !== undefined)?.version;
  const text = unfit === undefined ? 'none yet' : `${unfit} is there, and does not fit${range ? ` ${range.text}` : ''}`;
  return { label: 'uv', text, state: 'to come' };
}

function pythonRow({ wanted }: Workspace): Row {
  const label = 'Python';
  const version = venvVersion(wanted.root);
  if (version !== undefined) return { label, text: `${version} in .venv`, state: 'good' };
  const range = requiresPython(wanted.root);
  return {
    label,
    text: `no .venv yet${range === undefined ? '' : `; the project asks for ${range}`}`,
    state: 'to come',
  };
}

function requiresPython(root: string): string | undefined {
  const range = tableAt(readPyproject(root), 'project')?.['requires-python'];
  return typeof range === 'string' ? range : undefined;
}

function prefectRow(session: Session, { wanted }: Workspace): Row {
  const label = 'Prefect';
  const [version] = lockedVersions(readText(join(wanted.root, 'uv.lock')) ?? '', 'prefect');
  if (version === undefined) return { label, text: 'not in uv.lock', state: wanted.prefect ? 'to come' : 'good' };
  const names = profileNames(session);
  if (names === undefined) return { label, text: `${version} in uv.lock`, state: 'to come' };
  const there = wanted.prefect !== undefined && names.includes(wanted.prefect.profile);
  const profiles = names.length === 0 ? 'no profiles yet' : `profiles: ${names.join(', ')}`;
  return { label, text: `${version} in uv.lock; ${profiles}`, state: there ? 'good' : 'to come' };
}

function profileNames({ env, paths }: Session): string[] | undefined {
  try {
    const path = profilesPath(env, paths.home);
    return [...readProfiles(readText(path) ?? '', path).profiles.keys()];
  } catch {
    return undefined; // The Prefect step says what is wrong with the file.
  }
}

function keychainRow({ loaded }: Workspace, store: SecretStore, report: StoreReport | undefined): Row {
  if (Object.keys(loaded.manifest.secrets ?? {}).length === 0) {
    return { label: 'keychain', text: 'not needed: the project has no secrets', state: 'good' };
  }
  if (store.name === 'environment') {
    return { label: 'secrets', text: 'from environment variables, as config.toml says', state: 'good' };
  }
  if (store.name === 'sealed-file') {
    const text =
      report === undefined || report.state === 'ok' ? 'in a sealed file, as config.toml says' : report.message;
    return { label: 'secrets', text, state: report === undefined || report.state === 'ok' ? 'good' : 'bad' };
  }
  if (report === undefined) return { label: 'keychain', text: 'not needed now', state: 'good' };
  if (report.state === 'ok') return { label: 'keychain', text: 'works', state: 'good' };
  return { label: 'keychain', text: report.message, state: 'bad' };
}
