import { readRegistry } from '../engine/registry.ts';
import type { Workspace } from '../engine/workspace.ts';
import { readIndex } from '../secrets/index-file.ts';
import { serviceOf } from '../secrets/names.ts';
import { sealedFilePath } from '../secrets/sealed-file.ts';
import { lstatOf } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { withCommand } from '../terminal/errors-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, printWords } from '../terminal/output.ts';
import { openStore, type Session } from './session.ts';

const WHY = {
  answered: 'as the answers file says',
  configured: 'chosen in config.toml',
  ci: 'this is CI: nothing is stored, variables are read',
  headless: 'no session bus and no terminal: nothing is stored, variables are read',
  default: 'the default',
} as const;

/** `secrets where`: which store, why, in which state, and which workspaces use it; never a value. */
export async function whereSecrets(session: Session, workspace: Workspace): Promise<number> {
  const { store, choice } = await openStore(session, workspace.wanted.root);
  // In a folder that is not linked nothing is opened, not even to look how it is.
  const isOpen = workspace.linked !== undefined && workspace.linked.journalOnly !== true;
  const report = isOpen && workspace.wanted.secrets.length > 0 ? await store.probe() : undefined;
  const namespace = workspace.linked?.namespace;
  const linked = Object.entries(readRegistry(session.paths)).map(([root, { id, name, namespace: used }]) => ({
    root,
    id,
    name,
    service: serviceOf(used),
  }));
  const counted = Object.values(namespace === undefined ? {} : readIndex(session.paths.state, namespace));
  const holds = counted.filter(entry => entry.store === store.name).length;
  const document = {
    store: store.name,
    key: store.name === 'sealed-file' ? (choice.key ?? null) : null,
    why: choice.why,
    state: report?.state ?? 'not checked',
    message: report?.message ?? '',
    next: report?.next ?? null,
    service: namespace === undefined ? null : serviceOf(namespace),
    holds,
    file: store.name === 'sealed-file' ? fileOf(session) : null,
    workspaces: linked,
  };
  if (session.options.json) {
    printJson({ schema: 1, kind: 'secrets', action: 'where', ...document });
    return 0;
  }
  print(`store      ${store.name} (${WHY[choice.why]})${document.key === null ? '' : `; key: ${document.key}`}`);
  print(`state      ${document.state}${document.message === '' ? '' : `: ${document.message}`}`);
  if (report?.next !== undefined) print(`next       ${withCommand(report.next, session.command)}`);
  if (document.file) print(`file       ${document.file.path} (${modeWords(document.file.mode)})`);
  if (store.writable) print(`holds      ${holds} of this workspace`);
  print(`service    ${document.service ?? 'this folder is not linked; setup links it'}`);
  for (const { root, id, service } of linked) printWords(`linked     ${clean(root)}  ${service}  ${id.slice(0, 8)}`);
  const choose = withCommand('hotpass-bootstrap secrets where --use STORE', session.command);
  print(`to choose  ${choose}; STORE is one of:`);
  for (const [name, words] of STORES) print(`           ${name.padEnd(28)}${words}`);
  return 0;
}

const STORES = [
  ['keychain', 'the keychain of this machine, one item each'],
  ['sealed-file', 'one encrypted file, its key in the keychain'],
  ['sealed-file:passphrase', 'one encrypted file, opened by a passphrase on a terminal'],
  ['sealed-file:/path/of/a/key', 'one encrypted file, opened by a key file of yours'],
  ['environment', 'variables; nothing is stored'],
] as const;

/** The sealed file: where, and its permission bits; null for the mode when it is not there. */
function fileOf(session: Session): { path: string; mode: string | null } {
  const path = sealedFilePath(session.paths.state);
  const mode = lstatOf(path)?.mode;
  return { path, mode: mode === undefined ? null : (mode & 0o777).toString(8) };
}

function modeWords(mode: string | null): string {
  if (mode === null) return 'not there yet';
  return mode === '600' || process.platform === 'win32' ? `mode ${mode}` : `mode ${mode}; secrets repair makes it 600`;
}
