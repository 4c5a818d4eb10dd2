import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { type Finding, finding } from '../../core/findings.ts';
import { judge } from '../judge.ts';
import type { Loaded } from '../load.ts';
import { MANIFEST_FILE, shown } from '../locate.ts';
import { readToml } from '../toml.ts';
import { type CiService, ciEdits } from './ci-files.ts';
import { type DiscoverOptions, discover } from './discover.ts';
import { newFile, type ProjectEdit } from './edits.ts';
import { manifestText } from './manifest-text.ts';
import { projectEdits } from './project-files.ts';

export interface InitOptions extends DiscoverOptions {
  /** False: no target is added to the Makefile. */
  makefile: boolean;
  envrc: boolean;
  /** The CI service for which a file is written. */
  ci: CiService | undefined;
  devcontainer: boolean;
}

export interface InitPlan {
  /** Where the manifest is, or will be. */
  manifest: string;
  edits: readonly ProjectEdit[];
  findings: readonly Finding[];
}

/**
 * What `init` would write into a workspace: a manifest where there is none, and what helps to use it. Writes nothing.
 * @throws UserError 78 for a file of the project that is no TOML.
 */
export async function planInit(loaded: Loaded, options: InitOptions): Promise<InitPlan> {
  const { root, source } = loaded;
  const own = source.kind === 'file' || source.kind === 'pyproject' ? source.path : undefined;
  const manifest = own ?? join(root, MANIFEST_FILE);
  const first = own === undefined ? await newManifest(loaded, options) : { edits: [], findings: [stays(own)] };
  const others = await projectEdits({ ...options, envFile: loaded.envFile });
  const ci = await ciEdits(options);
  return {
    manifest,
    edits: [...first.edits, ...others.edits, ...ci.flatMap(made => ('id' in made ? [] : [made]))],
    findings: [...first.findings, ...others.findings, ...ci.flatMap(made => ('id' in made ? [made] : []))],
  };
}

async function newManifest(loaded: Loaded, options: InitOptions): Promise<Pick<InitPlan, 'edits' | 'findings'>> {
  const { root, text } = loaded;
  // A template is written as it is.
  if (text !== '') return { edits: [newFile(root, MANIFEST_FILE, text)], findings: [] };
  const found = await discover(options);
  const made = manifestText(found);
  await assertValid(made, root);
  return { edits: [newFile(root, MANIFEST_FILE, made)], findings: found.findings };
}

/** Nothing is written that the loader would refuse. */
async function assertValid(text: string, root: string): Promise<void> {
  try {
    await judge({ shown: MANIFEST_FILE, text, prefix: [] }, readToml(text, MANIFEST_FILE), root);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new Error(`the manifest that was made is not valid: ${error.message}`);
  }
}

function stays(path: string): Finding {
  return finding(
    'HB520',
    'info',
    `There is a manifest already, ${shown(path)}, and it stays as it is.`,
    'Only what is missing beside it is added. To see what a new one would say, move it away for a moment.',
    { command: 'hotpass-bootstrap plan', safe: false },
  );
}
