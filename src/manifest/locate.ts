import { dirname, join, relative, resolve, sep } from 'node:path';
import { EXIT, UserError, type UserErrorParts } from '../core/errors.ts';
import { quoteCommand } from '../core/quote.ts';
import { lstatOf, readText, realPath, statOf } from '../system/files.ts';
import { projectsBelow } from './projects-below.ts';
import { workspaceOf } from './pyproject.ts';
import { readToml, type Table, tableAt } from './toml.ts';
import { memberOf } from './workspace-members.ts';

export const MANIFEST_FILE = 'hotpass-bootstrap.toml';

/** Where a workspace begins and where its manifest is. */
export interface Location {
  /** Real path of the root. */
  root: string;
  /** The manifest, or undefined where there is none. */
  manifest: { kind: 'file' | 'pyproject'; path: string } | undefined;
  /** A `[tool.hotpass-bootstrap]` that a manifest file beside it overrules. */
  overruled: string | undefined;
}

/** There is no project here, but there is below: the printed command goes there. */
export class ProjectBelow extends UserError {
  readonly #parts: Omit<UserErrorParts, 'next'>;
  readonly #project: string;
  /**
   * @param project its folder.
   * @param words the command that was called, when it is not `setup`.
   */
  constructor(parts: Omit<UserErrorParts, 'next'>, project: string, words: readonly string[] = []) {
    super({ ...parts, next: `hotpass-bootstrap ${quoteCommand(['-C', project, ...words])}` });
    this.name = 'ProjectBelow';
    this.#parts = parts;
    this.#project = project;
  }

  /** The same for another command than `setup`: what it prints calls that one. */
  forCommand(name: string): ProjectBelow {
    return new ProjectBelow(this.#parts, this.#project, [name]);
  }
}

/**
 * Finds root and manifest (contracts §1): the nearest ancestor with a manifest, else the uv workspace root, else the
 * nearest `pyproject.toml`. The search ends at the git root, HOME or a file-system boundary.
 * @param home the user's home folder.
 * @throws UserError 78 when there is no uv project, or the manifest lies inside a member of a uv workspace;
 *   ProjectBelow (78, or 3 where there are several).
 */
export function locate(directory: string, home: string): Location {
  const folders = searchedFolders(directory, home);
  const [start = directory] = folders;
  const withManifest = folders.find(folder => manifestIn(folder) !== undefined);
  const nearest = folders.find(folder => isFile(join(folder, 'pyproject.toml')));
  if (withManifest !== undefined) {
    refuseInMember(withManifest, folders);
    requireProject(withManifest);
    return manifestIn(withManifest) as Location;
  }
  if (nearest === undefined) throw noProject(start, undefined);
  const pyproject = readPyproject(nearest);
  const root = memberOf(nearest, folders, readPyproject) ?? nearest;
  if (root === nearest && !isUvProject(pyproject)) throw noProject(nearest, pyproject);
  return { root, manifest: undefined, overruled: undefined };
}

/**
 * The real path of a folder and of those above it, as far as a workspace is looked for (contracts §1).
 * @throws UserError 64 when it is no folder.
 */
export function searchedFolders(directory: string, home: string): string[] {
  return ancestors(startFolder(directory), realPath(home) ?? home);
}

function startFolder(directory: string): string {
  const full = resolve(directory);
  const real = realPath(full);
  if (real !== undefined && statOf(real)?.isDirectory()) return real;
  throw new UserError({
    message: `${full} is not a folder.`,
    cause: 'It was given as the folder to work in.',
    next: `ls -ld ${quoteCommand([full])}`,
    exit: EXIT.usage,
    id: 'HB139',
  });
}

/** The folder and those above it, up to the git root, HOME or the end of the file system, each included. */
function ancestors(start: string, home: string): string[] {
  const device = statOf(start)?.dev;
  const folders: string[] = [];
  for (let folder = start; statOf(folder)?.dev === device; folder = dirname(folder)) {
    folders.push(folder);
    if (folder === home || lstatOf(join(folder, '.git')) || folder === dirname(folder)) break;
  }
  return folders;
}

function manifestIn(folder: string): Location | undefined {
  const file = join(folder, MANIFEST_FILE);
  const pyproject = join(folder, 'pyproject.toml');
  // Reading every key would cost an idle run more than looking for the words first.
  const text = isFile(pyproject) ? (readText(pyproject) ?? '') : '';
  const mentions = /hotpass-bootstrap/.test(text) && tableAt(readPyproject(folder), 'tool', 'hotpass-bootstrap');
  if (lstatOf(file)) {
    return { root: folder, manifest: { kind: 'file', path: file }, overruled: mentions ? pyproject : undefined };
  }
  return mentions
    ? { root: folder, manifest: { kind: 'pyproject', path: pyproject }, overruled: undefined }
    : undefined;
}

function refuseInMember(folder: string, folders: readonly string[]): void {
  if (!isFile(join(folder, 'pyproject.toml'))) return;
  const root = memberOf(folder, folders, readPyproject);
  if (root === undefined) return;
  const manifest = manifestIn(folder)?.manifest;
  throw new UserError({
    message: `${shown(manifest?.path ?? folder)}:1:1: this manifest lies inside a member of the uv workspace ${root}.`,
    cause: "All members share one environment, so the manifest belongs beside the workspace root's pyproject.toml.",
    next:
      manifest?.kind === 'file'
        ? `mv ${quoteCommand([manifest.path, join(root, MANIFEST_FILE)])}`
        : `hotpass-bootstrap -C ${quoteCommand([root])} init`,
    exit: EXIT.invalid,
    id: 'HB131',
  });
}

/** A manifest needs a project beside it. */
function requireProject(root: string): void {
  if (!isFile(join(root, 'pyproject.toml'))) {
    throw new UserError({
      message: `There is no pyproject.toml in ${root}, where the manifest is.`,
      cause: 'The manifest describes a uv project, and that begins with a pyproject.toml.',
      next: `uv init --bare ${quoteCommand([root])}`,
      exit: EXIT.invalid,
      id: 'HB139',
    });
  }
  // The words are looked for first, since an idle run has no other reason to read all of it.
  const text = readText(join(root, 'pyproject.toml')) ?? '';
  if (/^\s*\[\s*(project|dependency-groups)\b|^\s*\[\s*tool\s*\.\s*uv\b/m.test(text)) return;
  const pyproject = readPyproject(root);
  if (!isUvProject(pyproject)) throw noProject(root, pyproject);
}

function isUvProject(pyproject: Table): boolean {
  return (
    tableAt(pyproject, 'project') !== undefined ||
    tableAt(pyproject, 'dependency-groups') !== undefined ||
    workspaceOf(tableAt(pyproject, 'tool', 'uv')) !== undefined
  );
}

function noProject(folder: string, pyproject: Table | undefined): UserError {
  const below = projectsBelow(folder);
  const [first] = below;
  const poetry = tableAt(pyproject, 'tool', 'poetry') !== undefined;
  const missing = { message: whatThereIs(folder, pyproject, poetry), exit: EXIT.invalid, id: 'HB139' } as const;
  if (first === undefined) {
    return new UserError({
      ...missing,
      cause: poetry
        ? 'Nothing was written. Its dependencies are under [tool.poetry], which uv does not read.'
        : 'Nothing was written. Go into the clone, or name it with -C.',
      next: poetry ? `poetry -C ${quoteCommand([folder])} install` : 'hotpass-bootstrap --help',
    });
  }
  const project = join(folder, first);
  if (below.length === 1) {
    return new ProjectBelow(
      { ...missing, cause: `Nothing was written. There is a project below it, in ${first}.` },
      project,
    );
  }
  const several = {
    message: `${folder} holds ${below.length} projects and is none itself.`,
    cause: `There is no one place to begin: ${below.join(', ')}. Name one of them with -C.`,
    exit: EXIT.inputNeeded,
    id: 'HB138',
  } as const;
  return new ProjectBelow(several, project);
}

function whatThereIs(folder: string, pyproject: Table | undefined, poetry: boolean): string {
  if (!pyproject) return `There is no pyproject.toml in ${folder} or above it.`;
  const file = shown(join(folder, 'pyproject.toml'));
  if (poetry) return `${file} describes a Poetry project, not a uv project.`;
  return `${file} describes no uv project: it has no [project] table.`;
}

/** `pyproject.toml` of a folder; empty when there is none. @throws UserError 78 with its place when it is no TOML. */
export function readPyproject(folder: string): Table {
  const path = join(folder, 'pyproject.toml');
  return readToml(readText(path) ?? '', shown(path));
}

function isFile(path: string): boolean {
  return statOf(path)?.isFile() ?? false;
}

/** A path as it is printed: relative to the current folder where it lies below it. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') || near.startsWith(sep) ? path : near;
}
