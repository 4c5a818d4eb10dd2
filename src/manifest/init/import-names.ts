import { join } from 'node:path';
import { namesIn, readText, statOf } from '../../system/files.ts';
import { isTable, stringsOf, type Table, tableAt } from '../toml.ts';

/** Something that can be imported, and the file that says so. */
export interface ImportName {
  name: string;
  file: string;
}

const NAME = /^[A-Za-z_]\w*$/;
const NO_PACKAGES = /^(tests?|docs?|examples?|scripts?|tools|benchmarks?|notebooks|build|dist|venv|env|node_modules)$/;

/**
 * What the project is imported as: the name of a distribution and of its module differ (`my-tool` → `my_tool`, or
 * something else altogether). What the build back end is told comes first, then what lies in `src/` or beside
 * `pyproject.toml`. Only names whose files are there.
 * @param root folder of the project.
 */
export function importNames(root: string, pyproject: Table): ImportName[] {
  const roots = sourceRoots(pyproject);
  const told = [...new Set(toldModules(pyproject))].flatMap(name => find(root, roots, name));
  if (told.length > 0) return told.slice(0, 5);
  const name = tableAt(pyproject, 'project')?.['name'];
  const own = (typeof name === 'string' ? name : '').toLowerCase().replace(/[-.]+/g, '_');
  const bySelf = own === '' ? [] : find(root, roots, own);
  if (bySelf.length > 0) return bySelf;
  const scripts = Object.values(tableAt(pyproject, 'project', 'scripts') ?? {});
  const module = stringsOf(scripts)[0]?.split(':')[0];
  const byScript = module === undefined ? [] : find(root, roots, longest(root, roots, module));
  return byScript.length > 0 ? byScript : only(root, roots);
}

/** Folders below the root in which packages lie. */
function sourceRoots(pyproject: Table): string[] {
  const backend = tableAt(pyproject, 'tool', 'uv', 'build-backend');
  const setuptools = tableAt(pyproject, 'tool', 'setuptools');
  const folders = [
    ...(typeof backend?.['module-root'] === 'string' ? [backend['module-root']] : []),
    ...stringsOf(tableAt(setuptools, 'packages', 'find')?.['where']),
    ...stringsOf([tableAt(setuptools, 'package-dir')?.['']]),
    ...stringsOf([tableAt(pyproject, 'tool', 'maturin')?.['python-source']]),
    'src',
    '',
  ];
  return [...new Set(folders.map(folder => folder.replace(/^\.\/?|\/+$/g, '')))].filter(
    folder => !folder.includes('..'),
  );
}

/** Modules that the settings of a build back end name. */
function toldModules(pyproject: Table): string[] {
  const tool = (...path: string[]): Table => tableAt(pyproject, 'tool', ...path) ?? {};
  const uv = tool('uv', 'build-backend')['module-name'];
  const setuptools = tool('setuptools');
  const poetry = tool('poetry')['packages'];
  const packages = [
    ...(typeof uv === 'string' ? [uv] : stringsOf(uv)),
    ...stringsOf(tool('hatch', 'build', 'targets', 'wheel')['packages']).map(path => path.split('/').at(-1) ?? ''),
    ...topLevel(stringsOf(setuptools['packages'])),
    ...stringsOf(setuptools['py-modules']),
    ...stringsOf([tool('flit', 'module')['name'], tool('maturin')['module-name']]),
    ...(Array.isArray(poetry) ? poetry.flatMap(entry => (isTable(entry) ? stringsOf([entry['include']]) : [])) : []),
  ];
  return packages.filter(name => name.split('.').every(part => NAME.test(part)));
}

function topLevel(names: readonly string[]): string[] {
  return names.filter(name => !names.some(other => name.startsWith(`${other}.`)));
}

/** The file of a dotted name in one of the folders, as a list of none or one. */
function find(root: string, folders: readonly string[], name: string): ImportName[] {
  for (const folder of folders) {
    const base = [folder, ...name.split('.')].filter(part => part !== '').join('/');
    for (const file of [`${base}/__init__.py`, `${base}.py`]) {
      if (statOf(join(root, file))?.isFile()) return [{ name, file }];
    }
  }
  return [];
}

/** The shortest package that a dotted name of a script begins with: `acme.core.cli` → `acme.core` in a namespace. */
function longest(root: string, folders: readonly string[], module: string): string {
  const parts = module.split('.');
  for (let length = 1; length < parts.length; length++) {
    const name = parts.slice(0, length).join('.');
    if (find(root, folders, name).length > 0) return name;
  }
  return module;
}

/** The one package there is, if there is one; in a namespace the one below it. */
function only(root: string, folders: readonly string[]): ImportName[] {
  for (const folder of folders) {
    const found = below(root, folder, [], 3);
    if (found.length === 1) return found;
  }
  return [];
}

function below(root: string, folder: string, parts: readonly string[], depth: number): ImportName[] {
  const here = [folder, ...parts].filter(part => part !== '').join('/');
  // Beside pyproject.toml a folder without __init__.py may be anything.
  const descend = folder !== '' && depth > 0;
  return namesIn(join(root, here))
    .sort()
    .flatMap(name => {
      if (!NAME.test(name) || NO_PACKAGES.test(name) || !statOf(join(root, here, name))?.isDirectory()) return [];
      const file = [here, name, '__init__.py'].filter(part => part !== '').join('/');
      if (statOf(join(root, file))?.isFile()) return [{ name: [...parts, name].join('.'), file }];
      return descend ? below(root, folder, [...parts, name], depth - 1) : [];
    });
}

/** Does importing it read a variable that must be set? Then it fails on a machine without secrets. */
export function needsVariable(root: string, { file }: ImportName): boolean {
  return /^[^\s#].*\benviron\s*\[/m.test(readText(join(root, file)) ?? '');
}
