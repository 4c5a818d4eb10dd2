import { basename, join, resolve as resolvePath } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import { nearest } from '../core/ids.ts';
import { namesIn, readBytes, realPath, statOf } from '../system/files.ts';
import { packageRoot, readManifest as readPackage } from '../system/package-root.ts';
import type { UserPaths } from '../system/paths.ts';
import { inContainer } from '../system/platform.ts';
import { parseVersion } from '../system/python-version.ts';
import { fits, parseRange } from '../system/version-range.ts';
import { type Location, locate, readPyproject, shown } from './locate.ts';
import { checkOwnership } from './ownership.ts';
import { type Problem, problem } from './problems.ts';
import type { Project } from './pyproject.ts';
import type { Source } from './report-problems.ts';
import type { Manifest } from './schema.ts';
import { readToml, type Table, tableAt } from './toml.ts';
import type { ManifestSource } from './wanted.ts';
import { workspaceFacts } from './workspace-facts.ts';

export interface LoadOptions {
  /** Where to begin: `-C`, else the current folder. */
  directory: string;
  /** `--manifest`, relative to `directory`: moves the file, not the root. */
  manifestFile?: string;
  /** `--template`: a manifest we ship, for a workspace that has none. */
  template?: string;
  /** The template that was chosen for a root earlier; a manifest of its own wins over it. */
  rememberedTemplate?: (root: string) => string | undefined;
  ci: boolean;
  paths: UserPaths;
  /**
   * Was this very text found valid in this root before, by this version of the tool? True skips the schema and the
   * checks (some 12 ms of an idle run); their findings are then missing.
   */
  validated?: (root: string, text: string) => boolean;
}

/** A workspace's manifest, read and found valid; what it leaves out is filled in. */
export interface Loaded {
  /** Real path of the workspace root. */
  root: string;
  source: ManifestSource;
  manifest: Manifest;
  /** The bytes that were parsed; empty for an inferred manifest. */
  text: string;
  workspace: string;
  /** Relative to the root. */
  envFile: string;
  /** Range of uv, from the manifest, `uv.toml` or `[tool.uv]`. */
  uvRange: string | undefined;
  /** The default first. */
  environments: readonly string[];
  /** Named indexes of the project, read only where a secret is for one. */
  indexes: Project['indexes'];
  /** Locked packages that report to their makers; undefined where nothing is locked. */
  reporting: readonly string[] | undefined;
  findings: readonly Finding[];
}

/** `--template none` goes back to what is inferred. */
const NO_TEMPLATE = 'none';

/**
 * Finds, reads and judges the manifest of a workspace, or infers one (contracts §1, design §3).
 * @throws UserError 78 for a manifest or workspace that will not do, 64 for a file or template that is not there;
 *   ProjectBelow (78, or 3 where there are several).
 */
export async function loadWorkspace(options: LoadOptions): Promise<Loaded> {
  const location = locate(options.directory, options.paths.home);
  const { root } = location;
  const source = sourceOf(location, options);
  const file = source.kind === 'inferred' || source.kind === 'template' ? join(root, 'pyproject.toml') : source.path;
  const isForOne = (): boolean => options.ci || inContainer();
  const findings = [
    ...checkOwnership(root, [file], isForOne, options.paths.home),
    ...overruled(location, source),
    ...templateFinding(source),
  ];
  if (source.kind === 'inferred') {
    const { infer } = await import('./infer.ts');
    const inferred = infer(root);
    return { ...inferred, root, source, text: '', findings: [...findings, ...inferred.findings] };
  }
  const path = source.kind === 'template' ? templatePath(source.name) : source.path;
  const text = readManifestText(path);
  const document: Source = {
    shown: shown(path),
    text,
    prefix: source.kind === 'pyproject' ? ['tool', 'hotpass-bootstrap'] : [],
  };
  const data = tableOf(document);
  refuseNewer(document, data);
  const validated = options.validated?.(root, text) === true;
  if (!validated) readPyproject(root);
  const judged = validated
    ? { manifest: data as Manifest, findings: [] }
    : await (await import('./judge.ts')).judge(document, data, root);
  const { manifest } = judged;
  const facts = await workspaceFacts(manifest, root, document);
  const environments = await orderedEnvironments(document, manifest);
  return { ...facts, root, source, manifest, text, environments, findings: [...findings, ...judged.findings] };
}

function sourceOf(location: Location, options: LoadOptions): ManifestSource {
  if (options.manifestFile !== undefined) {
    const path = resolvePath(options.directory, options.manifestFile);
    const real = realPath(path);
    if (real === undefined || !statOf(real)?.isFile()) throw noSuchFile(path);
    return { kind: basename(real) === 'pyproject.toml' ? 'pyproject' : 'file', path };
  }
  if (options.template === undefined || options.template === NO_TEMPLATE) {
    if (location.manifest) return location.manifest;
    const name = options.template === undefined ? options.rememberedTemplate?.(location.root) : undefined;
    return name === undefined ? { kind: 'inferred' } : { kind: 'template', name };
  }
  if (location.manifest === undefined) return { kind: 'template', name: options.template };
  throw new UserError({
    message: `This workspace has its own manifest, ${shown(location.manifest.path)}, so no template is used.`,
    cause: '--template is for a workspace that has none.',
    next: 'hotpass-bootstrap setup',
    exit: EXIT.usage,
    id: 'HB145',
  });
}

function noSuchFile(path: string): UserError {
  return new UserError({
    message: `There is no file ${path}.`,
    cause: 'It was named by --manifest.',
    next: 'hotpass-bootstrap init',
    exit: EXIT.usage,
    id: 'HB145',
  });
}

function templatePath(name: string): string {
  const folder = join(packageRoot(), 'templates');
  const names = namesIn(folder).flatMap(file => (file.endsWith('.toml') ? [file.slice(0, -'.toml'.length)] : []));
  if (names.includes(name)) return join(folder, `${name}.toml`);
  const guess = nearest(name, names);
  throw new UserError({
    message: `There is no template "${name}".`,
    cause: guess ? `The nearest is "${guess}".` : `There are: ${names.join(', ')}.`,
    next: `hotpass-bootstrap setup --template ${guess ?? names[0] ?? 'NAME'}`,
    exit: EXIT.usage,
    id: 'HB145',
  });
}

function templateFinding(source: ManifestSource): Finding[] {
  if (source.kind !== 'template') return [];
  return [
    finding(
      'HB530',
      'info',
      `The template ${source.name} serves as the manifest.`,
      'It comes with this tool and is remembered for this folder; init writes it into the project, for everybody.',
      { command: `hotpass-bootstrap init --template ${source.name}`, safe: false },
    ),
  ];
}

function overruled(location: Location, source: ManifestSource): Finding[] {
  if (location.overruled === undefined || source.kind !== 'file') return [];
  return [
    finding(
      'HB135',
      'warn',
      `[tool.hotpass-bootstrap] in ${shown(location.overruled)} is not read.`,
      `${shown(source.path)} stands beside it and is the manifest.`,
    ),
  ];
}

function readManifestText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path));
  } catch (error) {
    const coding = error instanceof TypeError;
    throw new UserError({
      message: coding ? `${shown(path)}:1:1: the file is not UTF-8` : `${shown(path)}:1:1: the file cannot be read`,
      cause: coding ? 'TOML files are UTF-8.' : (error as Error).message,
      next: coding ? `file ${shown(path)}` : `ls -l ${shown(path)}`,
      exit: EXIT.invalid,
      id: 'HB130',
    });
  }
}

function tableOf(source: Source): Table {
  const table = readToml(source.text, source.shown);
  if (source.prefix.length === 0) return table;
  const tool = tableAt(table, ...source.prefix.map(String));
  if (tool) return tool;
  throw new UserError({
    message: `${source.shown}:1:1: there is no table [tool.hotpass-bootstrap]`,
    cause: 'The file was named by --manifest.',
    next: 'hotpass-bootstrap init',
    exit: EXIT.invalid,
    id: 'HB130',
  });
}

/** A manifest for a newer version of this tool is judged by nobody but that version. */
function refuseNewer(source: Source, data: Table): void {
  const range = typeof data['requires'] === 'string' ? parseRange(data['requires']) : undefined;
  if (!range) return;
  const own = readPackage(packageRoot())?.version ?? '0';
  const version = parseVersion(own);
  if (!version || fits(version, range)) return;
  throw new UserError({
    message: `${source.shown} needs hotpass-bootstrap ${range.text}; this is ${own}.`,
    cause: 'Nothing was read beyond that line, and nothing was changed.',
    next: `npx --yes hotpass-bootstrap@"${range.text}" setup`,
    exit: EXIT.invalid,
    id: 'HB134',
  });
}

/** Names of the environments as the file orders them: JavaScript puts names that are numbers first. */
async function orderedEnvironments(source: Source, manifest: Manifest): Promise<string[]> {
  const names = Object.keys(manifest.environments);
  if (!names.some(name => /^\d+$/.test(name))) return names;
  const { placed } = await import('./positions.ts');
  const asked: Problem[] = names.map(name => problem(['environments', name], name, true));
  return (await placed(source.text, asked, source.prefix)).map(found => found.message);
}
