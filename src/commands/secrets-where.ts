import { readRegistry } from '../engine/registry.ts';
import type { Workspace } from '../engine/workspace.ts';
import { configFile } from '../secrets/choose.ts';
import { serviceOf } from '../secrets/names.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print } from '../terminal/output.ts';
import { openStore, type Session } from './session.ts';

const WHY = {
  configured: 'chosen in config.toml',
  ci: 'this is CI: nothing is stored, variables are read',
  headless: 'no session bus and no terminal: nothing is stored, variables are read',
  default: 'the default',
} as const;

/** `secrets where`: which store, why, in which state, and which workspaces use it; never a value. */
export async function whereSecrets(session: Session, workspace: Workspace): Promise<number> {
  const { store, choice } = await openStore(session, workspace.wanted.root);
  // In a folder that is not linked nothing is opened, not even to look how it is.
  const report = workspace.linked && workspace.wanted.secrets.length > 0 ? await store.probe() : undefined;
  const namespace = workspace.linked?.namespace;
  const linked = Object.entries(readRegistry(session.paths)).map(([root, { id, name, namespace: used }]) => ({
    root,
    id,
    name,
    service: serviceOf(used),
  }));
  const document = {
    store: store.name,
    why: choice.why,
    state: report?.state ?? 'not checked',
    message: report?.message ?? '',
    next: report?.next ?? null,
    service: namespace === undefined ? null : serviceOf(namespace),
    workspaces: linked,
  };
  if (session.options.json) {
    printJson({ schema: 1, kind: 'secrets', action: 'where', ...document });
    return 0;
  }
  print(`store      ${store.name} (${WHY[choice.why]}); to choose: store = "keychain" in ${configFile(session.paths)}`);
  print(`state      ${document.state}${document.message === '' ? '' : `: ${document.message}`}`);
  if (report?.next !== undefined) print(`next       ${report.next}`);
  print(`service    ${document.service ?? 'this folder is not linked; setup links it'}`);
  for (const { root, id, service } of linked) print(`linked     ${clean(root)}  ${service}  ${id.slice(0, 8)}`);
  return 0;
}
