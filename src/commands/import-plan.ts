import { isAbsolute, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { looksSecret } from '../core/redact.ts';
import type { Moved, Rewritten } from '../engine/import-secrets.ts';
import type { Workspace } from '../engine/workspace.ts';
import { isSecretName } from '../manifest/init/names.ts';
import { resolve } from '../manifest/resolve.ts';
import type { Wanted, WantedSecret } from '../manifest/wanted.ts';
import { profilesPath, refuseRedirect } from '../prefect/profiles-path.ts';
import { decodeProfiles } from '../prefect/profiles-text.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import type { PlainEntry } from '../secrets/import/plain-entry.ts';
import { decodeFile, formOf, type ImportForm, readPlainFile, refuseDoubt } from '../secrets/import/read-file.ts';
import { withoutValues } from '../secrets/import/rewrite.ts';
import { type Found, type Kept, sortEntries, type Target, variablesOf } from '../secrets/import/sort.ts';
import type { SecretStore } from '../secrets/store.ts';
import { privateFolder, readBytes, realPath, statOf } from '../system/files.ts';
import { type OwnFile, ownFile } from '../system/own-file.ts';
import { holdsUserInfo } from '../system/url-credentials.ts';
import type { Session } from './session.ts';

/** A file and what will become of the values in it. */
export interface ImportPlan {
  path: string;
  form: ImportForm;
  text: string;
  /** Values with what the store holds: nothing, another value, the same. */
  found: (Found<WantedSecret> & { state: 'new' | 'replaces' | 'same' })[];
  kept: Kept[];
  /** Variables that look like secrets and are not in the manifest. */
  undeclared: PlainEntry[];
}

/**
 * Reads a file and compares it with the store; changes nothing.
 * @param given the file as it was typed, and `--format`.
 * @throws UserError 78 for a file that cannot be read, or only in more than one way.
 */
export async function planImport(
  session: Session,
  workspace: Workspace,
  namespace: string,
  store: SecretStore,
  given: { file: string; form: string | undefined },
): Promise<ImportPlan> {
  const { file } = given;
  const form = formOf(file, given.form);
  const bytes = bytesOf(file);
  const text = form === 'prefect' ? decodeProfiles(bytes, file) : decodeFile(bytes, file);
  const read = await readPlainFile(text, file, form);
  for (const { value } of read.entries) session.redactor.add(value);
  const targets = targetsOf(workspace, form);
  refuseDoubt(read, file, new Set(targets.flatMap(({ secrets }) => secrets.flatMap(variablesOf))));
  const { found, kept, others } = sortEntries(read.entries, targets, namespace);
  const { once, twice } = onceEach(found);
  const stored = await store.get(once.map(({ item }) => item));
  return {
    path: file,
    form,
    text,
    found: once.map((one, at) => {
      const before = stored[at];
      return { ...one, state: before === undefined ? 'new' : before === one.value ? 'same' : 'replaces' };
    }),
    kept: [...kept, ...twice],
    undeclared: others.filter(one => one.value !== '' && (form === 'prefect' || seemsSecret(one))),
  };
}

/** What has to be stored. */
export function movesOf(plan: ImportPlan): Moved[] {
  return plan.found.flatMap(({ secret, item, value, state }) =>
    state === 'same' ? [] : [{ secret, item, value, action: state === 'new' ? ('add' as const) : ('change' as const) }],
  );
}

/**
 * The file without the values that are in the store then.
 * @throws UserError 78 for a file that may not be replaced (security §8).
 */
export async function editsOf(session: Session, { wanted }: Workspace, plan: ImportPlan): Promise<Rewritten[]> {
  const { path, form, text } = plan;
  const target = form === 'prefect' ? (realPath(path) ?? path) : path;
  const standing = ownFile(target);
  if (standing.kind !== 'file') throw notReplaced(path, standing);
  const isProfiles = form === 'prefect' && realPath(profilesPath(session.env, session.paths.home)) === realPath(path);
  if (isProfiles) refuseRedirect(await readWorkspaceSettings(wanted.root, session.env), session.env);
  const gone = plan.found.map(({ entry }) => entry);
  const edited = gone.length === 0 ? [] : await withoutValues(text, path, form, gone);
  const lock = { path: join(privateFolder(session.paths.state), 'profiles.lock'), purpose: 'writing profiles.toml' };
  return edited.map(({ content, regions }, at) => ({
    path: isAbsolute(target) ? target : (realPath(target) ?? target),
    content,
    regions,
    mode: standing.mode,
    expected: edited[at - 1]?.content ?? text,
    secret: form === 'json' ? 'both' : 'before',
    ...(isProfiles ? { lock } : {}),
  }));
}

function targetsOf({ wanted, loaded }: Workspace, form: ImportForm): Target<WantedSecret>[] {
  const target = ({ environment, prefect, secrets }: Wanted): Target<WantedSecret> => ({
    environment,
    profile: prefect?.profile,
    secrets,
  });
  const others = form === 'prefect' ? loaded.environments.filter(name => name !== wanted.environment) : [];
  return [wanted, ...others.map(environment => resolve(loaded, { environment }))].map(target);
}

/** Two values for one place: the first is moved, and a different one stays. */
function onceEach(found: readonly Found<WantedSecret>[]): { once: Found<WantedSecret>[]; twice: Kept[] } {
  const first = new Map<string, Found<WantedSecret>>();
  const twice: Kept[] = [];
  for (const one of found) {
    const before = first.get(one.item.user);
    if (before === undefined) first.set(one.item.user, one);
    else {
      const reason = `Line ${before.entry.line} has a value for the same secret.`;
      twice.push({ entry: one.entry, secret: one.secret, reason });
    }
  }
  return { once: [...first.values()], twice };
}

function seemsSecret({ name, value }: PlainEntry): boolean {
  return isSecretName(name) || holdsUserInfo(value) || looksSecret(value);
}

function bytesOf(file: string): Uint8Array {
  const bytes = statOf(file)?.isFile() ? readBytes(file) : undefined;
  if (bytes !== undefined) return bytes;
  throw new UserError({
    message: `${file} is no file that can be read.`,
    cause: 'A .env file, a profiles.toml of Prefect or JSON of variables is expected.',
    next: 'hotpass-bootstrap secrets import --help',
    exit: EXIT.usage,
  });
}

function notReplaced(path: string, { kind }: OwnFile): UserError {
  const why = {
    absent: 'It is not there any more.',
    file: '',
    link: 'It is a link to another file.',
    shared: 'It has another name besides.',
    foreign: 'It belongs to another user.',
    special: 'It is no regular file.',
  }[kind];
  return new UserError({
    id: 'HB383',
    message: `${path} is not rewritten.`,
    cause: `${why} Without --rewrite its values are moved, and stay in it as well.`,
    next: `ls -l ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}
