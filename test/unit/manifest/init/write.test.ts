import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planInit } from '../../../../src/manifest/init/write.ts';
import { folder, load, PYPROJECT } from '../../../support/manifests.ts';
import { temporary } from '../../../support/tools.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const LOCK = 'version = 1\n\n[[package]]\nname = "prefect"\nversion = "3.5.0"\n';

interface Options {
  home?: string;
  envrc?: boolean;
  git?: boolean;
}

/** A project in a git repository. */
function project(files: Record<string, string>, git = true): string {
  const root = folder({ 'pyproject.toml': PYPROJECT, ...files });
  if (!git) return root;
  spawnSync('rm', ['-r', join(root, '.git')]);
  spawnSync('git', ['init', '-q'], { cwd: root, env: { PATH, HOME: root } });
  return root;
}

async function plan(root: string, { home = temporary(), envrc = false }: Options = {}) {
  const env = { HOME: home, PATH, GIT_CONFIG_NOSYSTEM: '1' };
  return planInit(await load(root), {
    root,
    env,
    path: PATH,
    home,
    makefile: true,
    envrc,
    ci: undefined,
    devcontainer: false,
  });
}

const manifestOf = (found: Awaited<ReturnType<typeof plan>>): string =>
  found.edits.find(({ file }) => file === 'hotpass-bootstrap.toml')?.content ?? '';
const added = (found: Awaited<ReturnType<typeof plan>>, file: string) =>
  found.edits.find(edit => edit.file === file)?.added;

describe('environments', () => {
  it('come from profiles that are called after the project, and those are said to be the person’s', async () => {
    const home = temporary();
    mkdirSync(join(home, '.prefect'));
    const profiles = [
      'active = "demo-staging"',
      '[profiles.demo-staging]',
      'PREFECT_API_URL = "https://staging.example.com/api"',
      'PREFECT_API_KEY = "pnu_canarycanarycanary"',
      '[profiles.other-prod]',
      'PREFECT_API_URL = "https://other.example.com/api"',
      '[profiles.demo-prod]',
      'PREFECT_API_URL = "https://user:canary@prod.example.com/api"',
      '',
    ];
    writeFileSync(join(home, '.prefect', 'profiles.toml'), profiles.join('\n'));
    const found = await plan(project({ 'uv.lock': LOCK }), { home });
    const manifest = manifestOf(found);
    expect(manifest).toContain('prefect = { profile = "demo-staging", api-url = "https://staging.example.com/api" }');
    expect(manifest).toContain('# prefect = { profile = "demo-prod", api-url = "https://prefect.example.com/api" }');
    expect(manifest).not.toMatch(/other\.example|canary/);
    expect(found.findings.filter(({ id }) => id === 'HB528').map(({ fix }) => fix?.command)).toEqual([
      'hotpass-bootstrap profile adopt demo-staging',
      'hotpass-bootstrap profile adopt demo-prod',
    ]);
  });

  it('without Prefect have no profile', async () => {
    const manifest = manifestOf(await plan(project({ '.env.staging': 'PREFECT_API_URL=https://x.example.com/api\n' })));
    expect(manifest).toContain('[environments.staging]');
    expect(manifest).not.toContain('prefect =');
  });
});

describe('the hooks of pre-commit', () => {
  const pyproject = `${PYPROJECT}dependencies = ["pre-commit"]\n`;
  const config = {
    'pyproject.toml': pyproject,
    '.pre-commit-config.yaml': 'default_install_hook_types: [commit-msg]\n',
  };
  const task = async (root: string, home?: string) => {
    const manifest = manifestOf(await plan(root, home === undefined ? {} : { home }));
    return { real: /^\[\[tasks\]\]/m.test(manifest), off: /^# \[\[tasks\]\]/m.test(manifest), manifest };
  };

  it('are a task, with the hook that the file names', async () => {
    const found = await task(project(config));
    expect(found).toMatchObject({ real: true, off: false });
    expect(found.manifest).toContain('/commit-msg');
  });

  it('are a comment where the task would fail: no repository, core.hooksPath, not installed, not at its top', async () => {
    expect(await task(project(config, false))).toMatchObject({ real: false, off: true });
    expect(await task(project({ ...config, 'pyproject.toml': PYPROJECT }))).toMatchObject({ real: false, off: true });
    const root = project(config);
    spawnSync('git', ['config', 'core.hooksPath', 'hooks'], { cwd: root, env: { PATH } });
    expect(await task(root)).toMatchObject({ real: false, off: true });
    const home = temporary();
    writeFileSync(join(home, '.gitconfig'), '[core]\n\thooksPath = /x\n');
    expect(await task(project(config), home)).toMatchObject({ real: false, off: true });
    const top = project({ 'sub/pyproject.toml': pyproject, 'sub/.pre-commit-config.yaml': '' });
    expect(await task(join(top, 'sub'))).toMatchObject({ real: false, off: true });
  });

  it('are said when the file cannot be read', async () => {
    const found = await plan(project({ '.pre-commit-config.yaml': 'a: [\n', 'prefect.yaml': 'x: y: z\n' }));
    expect(found.findings.filter(({ id }) => id === 'HB527')).toHaveLength(2);
  });
});

describe('a check that the package imports', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'is a comment where importing it needs a variable',
      { 'demo/__init__.py': 'import os\nKEY = os.environ["K"]\n' },
      /^# \[\[readiness\]\]/m,
    ],
    [
      'is a comment where it is not installed and lies in src',
      { 'src/demo/__init__.py': '' },
      /^# run = \["python", "-c", "import demo"\]/m,
    ],
    [
      'is there where it lies beside pyproject.toml',
      { 'demo/__init__.py': '' },
      /^run = \["python", "-c", "import demo"\]/m,
    ],
  ])('%s', async (_, files, expected) => {
    expect(manifestOf(await plan(project(files)))).toMatch(expected);
  });
});

describe('.gitignore', () => {
  const ignored = (root: string) =>
    spawnSync('git', ['check-ignore', '-q', '.env.demo'], { cwd: root, env: { PATH } }).status === 0;

  it.each([undefined, '', 'a', 'a\n', 'a\r\nb\r\n', '!/.env.demo\n'])(
    'with %j before: git ignores the file after',
    async before => {
      const root = project(before === undefined ? {} : { '.gitignore': before });
      const found = await plan(root);
      for (const edit of found.edits) writeFileSync(edit.path, edit.content);
      expect(ignored(root)).toBe(true);
      const after = readFileSync(join(root, '.gitignore'), 'utf8');
      expect(after.startsWith(before ?? '')).toBe(true);
      if (before?.includes('\r')) expect(after.replaceAll('\r\n', '')).not.toContain('\n');
      expect(added(await plan(root), '.gitignore')).toBeUndefined();
    },
  );

  it.each(['.env*\n', '/.env.demo\n', '*\n'])('stays where git ignores it already: %j', async text => {
    expect(added(await plan(project({ '.gitignore': text })), '.gitignore')).toBeUndefined();
  });

  it('stays outside a repository, and where it is not a file of its own', async () => {
    expect(added(await plan(project({}, false)), '.gitignore')).toBeUndefined();
    const root = project({ real: 'x\n' });
    symlinkSync('real', join(root, '.gitignore'));
    expect((await plan(root)).findings).toMatchObject([{ id: 'HB526' }, { id: 'HB523' }]);
    const shared = project({ real: 'x\n' });
    linkSync(join(shared, 'real'), join(shared, '.gitignore'));
    expect((await plan(shared)).findings).toMatchObject([{ id: 'HB526' }, { id: 'HB523' }]);
  });

  it('cannot help where the file is tracked, which is said', async () => {
    const root = project({ '.env.demo': 'A=1\n' });
    spawnSync('git', ['add', '.env.demo'], { cwd: root, env: { PATH } });
    const found = await plan(root);
    expect(added(found, '.gitignore')).toBeUndefined();
    expect(found.findings).toMatchObject([{ id: 'HB526' }, { id: 'HB524', level: 'warn' }]);
  });
});

it('.envrc is written on request only, and read by bash without an error', async () => {
  const root = project({});
  expect(added(await plan(root), '.envrc')).toBeUndefined();
  const text = added(await plan(root, { envrc: true }), '.envrc') ?? '';
  const stub =
    'has() { command -v "$1" >/dev/null; }; watch_file() { :; }; hotpass-bootstrap() { echo "export A=\\"$*\\""; }\n';
  const result = spawnSync('bash', ['-euc', `${stub}${text}\nprintf %s "$A"`], { encoding: 'utf8', env: { PATH } });
  expect(result.stdout).toBe('env');
  const own = project({ '.envrc': 'layout python' });
  expect(added(await plan(own, { envrc: true }), '.envrc')).toMatch(/^\n\n# Settings/);
});

it('a manifest that is there is left as it is, and the rest is added beside it', async () => {
  const root = project({ 'hotpass-bootstrap.toml': 'schema = 1\n[environments.local]\n' });
  const found = await plan(root);
  expect(found.edits.map(({ file }) => file)).toEqual(['Makefile', '.gitignore']);
  expect(found.findings).toMatchObject([{ id: 'HB520', level: 'info' }]);
});

it('whatever the files of a project hold, the manifest is valid and tells no value of a secret', async () => {
  const name = fc.oneof(
    fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/),
    fc.constantFrom(
      'API_KEY',
      'DB_URL',
      'PREFECT_API_URL',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'PREFECT_API_KEY',
      'PREFECT_PROFILE',
      'UV_INDEX_X_PASSWORD',
    ),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      'https://u:canary@h.example/api',
      'http://127.0.0.1:4317',
      'grpc://x',
      '"quoted\nmore"',
      'canary/7Hq2Zx!',
    ),
  );
  const line = fc.oneof(
    fc.tuple(name, value).map(([key, text]) => `${key}=${text}`),
    fc.string({ unit: 'binary', maxLength: 30 }).map(text => `# ${text}`),
  );
  const text = fc.array(line, { maxLength: 8 }).map(lines => `${lines.join('\n')}\n`);
  const extra = fc.stringMatching(/^[A-Za-z0-9"' ._-]{1,12}$/).map(one => JSON.stringify(one));
  await fc.assert(
    fc.asyncProperty(
      text,
      text,
      text,
      fc.uniqueArray(extra, { maxLength: 4 }),
      async (example, staging, code, extras) => {
        const pyproject = `${PYPROJECT}[project.optional-dependencies]\n${extras.map(one => `${one} = ["x"]`).join('\n')}\n`;
        const root = folder({
          'pyproject.toml': pyproject,
          'uv.lock': LOCK,
          '.env.example': example,
          '.env.staging': staging,
          'demo/x.py': code.replace(/^(\w+)=/gm, 'os.environ["$1"]; '),
          [`dir\n[x]/${'y'.repeat(20)}.py`]: 'os.getenv("ODD_TOKEN")',
        });
        const found = await plan(root);
        const manifest = manifestOf(found);
        expect(manifest).not.toContain('canary');
        writeFileSync(join(root, 'hotpass-bootstrap.toml'), manifest);
        const loaded = await load(root);
        expect(loaded.source.kind).toBe('file');
        // Comments too can be uncommented only where they are lines of their own.
        expect(manifest).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
        expect(existsSync(dirname(root))).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});
