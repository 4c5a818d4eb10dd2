import type { Ask } from '../core/ports.ts';
import type { UserPaths } from '../system/paths.ts';
import { approvalOf } from './approval.ts';
import { linkedOf, linkRoot } from './registry.ts';
import type { Linked } from './step.ts';
import type { Workspace } from './workspace.ts';
import { mainRootOf } from './worktree.ts';

export interface LinkOptions {
  paths: UserPaths;
  ci: boolean;
  interactive: boolean;
  /** `--link ID`. */
  joinId: string | undefined;
}

/** Links the root, records the approval and remembers environment and template: user state that stays when the run ends 3. */
export async function link(workspace: Workspace, options: LinkOptions, ask: Ask): Promise<Linked> {
  const { wanted, holder, record, template } = workspace;
  // A root that only `profile adopt` has linked has not been asked about yet.
  const fresh = record?.approval === undefined;
  let joinId = options.joinId ?? (fresh ? worktreeHolder(workspace) : undefined);
  if (joinId === undefined && fresh && holder && wanted.secrets.length > 0 && options.interactive) {
    const answer = await ask({
      kind: 'confirm',
      id: 'link',
      message: `${wanted.root} says it is ${wanted.workspace}; those secrets belong to ${holder.root}. Let it use them?`,
      default: false,
    });
    if (answer.kind === 'yes') joinId = holder.id;
  }
  const environment = options.ci ? undefined : wanted.environment;
  const remember = { approval: approvalOf(workspace.items), environment, template };
  return linkedOf(options.paths, await linkRoot(options.paths, wanted.root, wanted.workspace, remember, joinId));
}

/** A folder that setup has not linked yet, linked for its journal alone: nothing of its manifest is approved by that. */
export async function linkForJournal(paths: UserPaths, { wanted, template }: Workspace): Promise<Linked> {
  const remember = { approval: undefined, environment: undefined, template };
  return linkedOf(paths, await linkRoot(paths, wanted.root, wanted.workspace, remember));
}

/** The workspace of the main checkout, when this one is its git worktree and has the same name. */
function worktreeHolder({ wanted, holder }: Workspace): string | undefined {
  return holder !== undefined && mainRootOf(wanted.root) === holder.root ? holder.id : undefined;
}

/** Remembers an environment or a template that was chosen by hand, or a root that was moved, where nothing else is to be done. */
export async function rememberIfChosen(workspace: Workspace, options: LinkOptions): Promise<void> {
  const { wanted, record, movedFrom, template } = workspace;
  const same = record?.environment === wanted.environment && record.template === template;
  if (!record || (movedFrom === undefined && (options.ci || same))) return;
  const environment = options.ci ? undefined : wanted.environment;
  const remember = { approval: approvalOf(workspace.items), environment, template };
  await linkRoot(options.paths, wanted.root, wanted.workspace, remember);
}
