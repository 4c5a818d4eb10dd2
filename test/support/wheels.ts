import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyHome, uvPath } from './tools.ts';

const MAKE = `
import base64, hashlib, json, sys, zipfile
path, name, version, files = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
info = f"{name}-{version}.dist-info"
content = {f"{name}/__init__.py": f"VERSION = '{version}'\\n"}
content |= {f"{name}/part_{n}.py": f"N = {n}\\n" for n in range(files)}
content |= json.loads(sys.argv[5])
content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
lines = []
for file, text in content.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    lines.append(f"{file},sha256={digest},{len(text)}")
with zipfile.ZipFile(path, "w") as wheel:
    for file, text in content.items():
        wheel.writestr(file, text)
    wheel.writestr(f"{info}/RECORD", "\\n".join([*lines, f"{info}/RECORD,,", ""]))
`;

/** Makes a pure wheel of `files` + 1 modules and those of `more`. @returns its file name. */
export function makeWheel(
  folder: string,
  name: string,
  version = '1.0',
  files = 3,
  more: Readonly<Record<string, string>> = {},
): string {
  mkdirSync(folder, { recursive: true });
  const file = `${name}-${version}-py3-none-any.whl`;
  const argv = ['-c', MAKE, join(folder, file), name, version, String(files), JSON.stringify(more)];
  const result = spawnSync('python3', argv, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return file;
}

export interface ProjectOptions {
  /** Packages by name; each becomes a wheel of the project's own. */
  dependencies?: readonly string[];
  extras?: Record<string, readonly string[]>;
  requiresPython?: string;
  /** More lines of pyproject.toml. */
  more?: string;
}

/** Writes a small project whose packages are wheels beside it, so that no index is needed; `uv.lock` is written too. */
export function makeProject(root: string, options: ProjectOptions = {}): void {
  const { dependencies = ['alpha'], extras = {}, requiresPython = '>=3.9', more = '' } = options;
  const names = new Set([...dependencies, ...Object.values(extras).flat()]);
  const wheels = join(root, 'wheels');
  const sources = [...names].map(name => `${name} = { path = "wheels/${makeWheel(wheels, name)}" }`);
  const list = (items: readonly string[]): string => JSON.stringify(items);
  writeFileSync(
    join(root, 'pyproject.toml'),
    [
      '[project]',
      'name = "demo"',
      'version = "0.1"',
      `requires-python = "${requiresPython}"`,
      `dependencies = ${list(dependencies)}`,
      '[project.optional-dependencies]',
      ...Object.entries(extras).map(([name, items]) => `${name} = ${list(items)}`),
      '[tool.uv.sources]',
      ...sources,
      more,
      '',
    ].join('\n'),
  );
  lock(root);
}

/** `uv lock` in a project. */
export function lock(root: string): void {
  const result = spawnSync(uvPath(), ['lock', '--no-python-downloads'], {
    cwd: root,
    env: { ...emptyHome(root), UV_NO_CONFIG: '1' },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(result.stderr);
}
