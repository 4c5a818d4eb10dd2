import { describe, expect, it } from 'vitest';
import { resolve } from '../../../src/manifest/resolve.ts';
import { folder, load, PYPROJECT } from '../../support/manifests.ts';

const lock = (...packages: string[]) =>
  `version = 1\n\n${packages.map(entry => `[[package]]\nname = "${entry.split('@')[0]}"\nversion = "${entry.split('@')[1]}"\n`).join('\n')}`;

async function inferred(files: Record<string, string>) {
  const loaded = await load(folder({ 'pyproject.toml': PYPROJECT, ...files }));
  return { loaded, wanted: resolve(loaded), ids: loaded.findings.map(found => found.id) };
}

it('one environment local, what a plain uv sync installs, nothing removed, telemetry off, no secrets', async () => {
  const { loaded, wanted } = await inferred({
    'pyproject.toml': `${PYPROJECT}[project.optional-dependencies]\ndev = ["pytest"]\n[dependency-groups]\ndev = ["ruff"]\nlint = ["mypy"]\n`,
  });
  expect(loaded.source).toEqual({ kind: 'inferred' });
  expect(wanted).toMatchObject({
    workspace: 'demo',
    environment: 'local',
    environments: ['local'],
    python: { profile: 'core', extras: [], groups: [], defaultGroups: true, packages: undefined, exact: false },
    prefect: undefined,
    secrets: [],
    tasks: [],
    readiness: [],
  });
  expect(wanted.telemetry.enabled).toBe(false);
  expect(wanted.envFile).toMatchObject({ path: '.env.demo', variables: { OTEL_SDK_DISABLED: 'true' } });
});

describe('Prefect', () => {
  const url = (wanted: Awaited<ReturnType<typeof inferred>>['wanted']) => wanted.prefect?.settings['PREFECT_API_URL'];
  it('3 in the lock, whoever needs it: a profile of this machine', async () => {
    for (const name of ['prefect', 'prefect-client']) {
      const { wanted } = await inferred({ 'uv.lock': lock('anyio@4.1', `${name}@3.5.0`) });
      expect(wanted.prefect?.profile).toBe('demo-local');
      expect(wanted.envFile.variables['PREFECT_PROFILE']).toBe('demo-local');
      expect(wanted.prefect?.settings).toEqual({
        PREFECT_API_URL: 'http://127.0.0.1:4200/api',
        PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      });
    }
  });
  it('not in the lock: none, even beside a prefect.yaml', async () => {
    expect((await inferred({ 'uv.lock': lock('prefect-aws@3.1'), 'prefect.yaml': '' })).wanted.prefect).toBeUndefined();
  });
  it('without a lock the project’s own words count', async () => {
    const pyproject = `${PYPROJECT}dependencies = ["Prefect[aws]>=3"]\n`;
    expect((await inferred({ 'pyproject.toml': pyproject })).wanted.prefect?.profile).toBe('demo-local');
  });
  it('2 is said and left alone', async () => {
    const { wanted, ids } = await inferred({ 'uv.lock': lock('prefect@2.20.1') });
    expect(wanted.prefect).toBeUndefined();
    expect(ids).toEqual(['HB142']);
  });
  it('takes the URL of prefect.toml before that of [tool.prefect]', async () => {
    const own = {
      'uv.lock': lock('prefect@3.5.0'),
      'pyproject.toml': `${PYPROJECT}[tool.prefect.api]\nurl = "https://b.example/api"\n`,
    };
    expect(url((await inferred(own)).wanted)).toBe('https://b.example/api');
    expect(url((await inferred({ ...own, 'prefect.toml': '[api]\nurl = "https://a.example/api"\n' })).wanted)).toBe(
      'https://a.example/api',
    );
  });
  it('a placeholder or an open URL there is named with its line and not taken', async () => {
    for (const value of ['<your prefect url>', 'http://prefect.example/api', 'https://u:p@prefect.example/api']) {
      const { wanted, loaded } = await inferred({
        'uv.lock': lock('prefect@3.5.0'),
        'pyproject.toml': `${PYPROJECT}[tool.prefect]\napi.url = "${value}"\n`,
      });
      expect(url(wanted)).toBe('http://127.0.0.1:4200/api');
      expect(loaded.findings.map(found => found.id)).toEqual(['HB141']);
      expect(loaded.findings[0]?.message).toMatch(/pyproject\.toml:6 /);
      expect(JSON.stringify(loaded.findings)).not.toContain('u:p');
    }
  });
});

describe('the profile full', () => {
  const full = async (pyproject: string) => {
    const { loaded, ids } = await inferred({ 'pyproject.toml': `${PYPROJECT}${pyproject}` });
    return { full: loaded.manifest.python?.profiles?.['full'], ids };
  };
  it('is left out where there is nothing to add', async () => {
    expect((await full('')).full).toBeUndefined();
    expect((await full('[dependency-groups]\ndev = ["ruff"]\n')).full).toBeUndefined();
  });
  it('lists an extra that contains the others alone, and a name that is both as both', async () => {
    const found = await full(
      '[project.optional-dependencies]\na = ["x"]\nb = ["y"]\nall = ["demo[a,b]"]\ndocs = ["z"]\n[dependency-groups]\ndocs = ["q"]\nlint = ["ruff"]\nci = [{ include-group = "lint" }]\n',
    );
    expect(found.full).toEqual({ extras: ['all', 'docs'], groups: ['docs', 'ci'] });
  });
  it('is a largest set without conflicts, and says what it leaves out', async () => {
    const found = await full(
      '[project.optional-dependencies]\ncpu = ["x"]\ngpu = ["y"]\nviz = ["v"]\nheavy = ["demo[gpu]"]\n[tool.uv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }], [{ extra = "cpu" }, { extra = "viz" }]]\n',
    );
    expect(found.full).toEqual({ extras: ['viz', 'heavy'] });
    expect(found.ids).toEqual(['HB146']);
  });
  it('never holds what conflicts with the default groups', async () => {
    const found = await full(
      '[project.optional-dependencies]\nold = ["x"]\n[dependency-groups]\ndev = ["y"]\n[tool.uv]\nconflicts = [[{ extra = "old" }, { group = "dev" }]]\n',
    );
    expect(found).toEqual({ full: undefined, ids: ['HB146'] });
  });
});

describe('a workspace', () => {
  const lock = (names: readonly string[]): string =>
    names.map(name => `[[package]]\nname = "${name}"\nversion = "1"\nsource = { editable = "${name}" }\n`).join('\n');
  const members = { 'a/pyproject.toml': PYPROJECT, 'uv.lock': lock(['a']) };
  const table = '[tool.uv.workspace]\nmembers = ["a"]\n';

  it('whose root needs no member is said to install none', async () => {
    const { ids, wanted } = await inferred({ 'pyproject.toml': `${PYPROJECT}${table}`, ...members });
    expect(ids).toEqual(['HB143']);
    expect(wanted.python.packages).toBeUndefined();
  });
  it('whose root needs a member, or is not a project, is not', async () => {
    const needs = `${PYPROJECT}[dependency-groups]\ndev = ["a"]\n${table}`;
    expect((await inferred({ 'pyproject.toml': needs, ...members })).ids).toEqual([]);
    expect((await inferred({ 'pyproject.toml': table, ...members })).ids).toEqual([]);
  });
});

it('switches against analytics are those of what is locked; all of them without a lock', async () => {
  const names = async (files: Record<string, string>) =>
    Object.keys((await inferred(files)).wanted.envFile.variables).filter(name =>
      /ANALYTICS|MLFLOW|STREAMLIT/.test(name),
    );
  expect(await names({ 'uv.lock': lock('mlflow@2.1', 'anyio@4') })).toEqual(['MLFLOW_DISABLE_TELEMETRY']);
  expect((await names({})).length).toBeGreaterThan(2);
});
