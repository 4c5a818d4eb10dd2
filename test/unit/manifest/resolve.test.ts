import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { quoteCommand } from '../../../src/core/quote.ts';
import { capabilities } from '../../../src/manifest/capabilities.ts';
import { resolve } from '../../../src/manifest/resolve.ts';
import { folder, load, loadManifest, PYPROJECT, refused } from '../../support/manifests.ts';

const MANIFEST = `schema = 1
workspace = "demo"
[python]
uv = ">=0.9"
[python.profiles]
full = { extras = ["a"], groups = ["g"], default-groups = false, packages = "all" }
core = { extras = ["b"] }
[environments.local]
prefect = { api-url = "http://127.0.0.1:4200/api" }
variables = { B = "2", A = "1" }
[environments.staging]
python = "full"
secrets = ["key", "headers", "index", "plain"]
prefect = { profile = "demo-stage", api-url = "https://prefect.example/api", settings = { PREFECT_LOGGING_SERVER_LEVEL = "INFO", PREFECT_SERVER_ANALYTICS_ENABLED = true } }
telemetry = { endpoint = "https://otel.example:4317", file = { path = "config/t.json", keys = { otlp_endpoint = "endpoint" } } }
[secrets.key]
env = "PREFECT_API_KEY"
vault = "a/{environment}#key_{environment}"
max-age = "90d"
[secrets.headers]
env = "OTEL_EXPORTER_OTLP_HEADERS"
shared = true
check = ["curl", "x"]
[secrets.index]
for = "index:Priv-1"
[secrets.plain]
env = "X_TOKEN"
pattern = "x+"
[secrets.plain.environments.staging]
required = false
vault = "other/{environment}#f"
[report]
baselines = { qa = "28m" }
targets = { qa = "20m" }
[[tasks]]
name = "git hooks"
run = ["a b", "it's"]
`;
const files = {
  'pyproject.toml': `${PYPROJECT}[[tool.uv.index]]\nname = "Priv-1"\nurl = "https://bot@pkg.example:8443/simple"\n`,
  'uv.lock': 'version = 1\n',
};

describe('resolve', () => {
  it('takes the first environment and the profile core when nothing is said', async () => {
    const wanted = resolve(await loadManifest(MANIFEST, files));
    expect(wanted).toMatchObject({
      environment: 'local',
      environments: ['local', 'staging'],
      python: { profile: 'core', extras: ['b'], groups: [], defaultGroups: true, exact: true, uvRange: '>=0.9' },
      prefect: { profile: 'demo-local', apiUrl: 'http://127.0.0.1:4200/api' },
      secrets: [],
      baselines: { qa: 1680 },
      targets: { qa: 1200 },
    });
    expect(Object.entries(wanted.envFile.variables)).toEqual([
      ['PREFECT_PROFILE', 'demo-local'],
      ['OTEL_SDK_DISABLED', 'true'],
      ['B', '2'],
      ['A', '1'],
    ]);
    expect(wanted.tasks).toEqual([
      {
        name: 'git hooks',
        inputs: ['pyproject.toml', 'uv.lock'],
        check: undefined,
        run: ['a b', "it's"],
        undo: undefined,
      },
    ]);
  });

  it('fills everything in for another one', async () => {
    const wanted = resolve(await loadManifest(MANIFEST, files), { environment: 'staging' });
    expect(wanted.python).toMatchObject({
      profile: 'full',
      extras: ['a'],
      groups: ['g'],
      defaultGroups: false,
      packages: 'all',
    });
    // The canonical name; the manifest beats our default.
    expect(wanted.prefect?.settings).toEqual({
      PREFECT_API_URL: 'https://prefect.example/api',
      PREFECT_SERVER_ANALYTICS_ENABLED: 'true',
      PREFECT_SERVER_LOGGING_LEVEL: 'INFO',
    });
    expect(wanted.telemetry).toMatchObject({
      enabled: true,
      exporters: ['otlp'],
      endpoint: 'https://otel.example:4317',
    });
    expect(JSON.parse(wanted.telemetry.file?.content ?? '')).toMatchObject({
      telemetry: { endpoint: 'https://otel.example:4317' },
    });
    expect(wanted.envFile.variables).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example:4317' });
    expect(
      wanted.secrets.map(({ name, env, audience, vault, required }) => ({ name, env, audience, vault, required })),
    ).toEqual([
      {
        name: 'key',
        env: 'PREFECT_API_KEY',
        audience: 'https://prefect.example:443',
        vault: 'a/staging#key_staging',
        required: true,
      },
      {
        name: 'headers',
        env: 'OTEL_EXPORTER_OTLP_HEADERS',
        audience: 'https://otel.example:4317',
        vault: undefined,
        required: true,
      },
      {
        name: 'index',
        env: 'UV_INDEX_PRIV_1_PASSWORD',
        audience: 'https://pkg.example:8443',
        vault: undefined,
        required: true,
      },
      { name: 'plain', env: 'X_TOKEN', audience: undefined, vault: 'other/staging#f', required: false },
    ]);
    expect(wanted.secrets[0]?.maxAge).toBe(90 * 86_400);
    expect(wanted.secrets[1]).toMatchObject({ shared: true, check: ['curl', 'x'] });
    expect(wanted.secrets[2]).toMatchObject({ index: 'Priv-1', indexUser: 'bot' });
    expect(wanted.secrets[3]?.pattern).toBe('x+');
  });

  it('an unknown environment is 64 with the nearest name', async () => {
    const loaded = await loadManifest(MANIFEST, files);
    const error = await refused((async () => resolve(loaded, { environment: 'stagin' }))());
    expect(error).toMatchObject({ exit: 64, next: 'hotpass-bootstrap setup --env staging' });
    expect(error.message).toContain('did you mean staging?');
    expect(error.why).toContain('local, staging');
  });
});

describe('capabilities', () => {
  const of = async (manifest: string) => capabilities(await loadManifest(manifest, files));
  it('name what is run, sent and set, for all environments, sorted and once', async () => {
    const lines = await of(MANIFEST);
    expect(lines).toEqual([...new Set(lines)].sort());
    for (const line of [
      "task 'git hooks' runs: 'a b' 'it'\\''s'",
      'staging sends the secret key to: https://prefect.example:443',
      'staging sends the secret index to: https://pkg.example:8443',
      'staging reads from Vault: a/staging#key_staging (secret key)',
      'staging checks the secret headers: curl x',
      'Prefect profile demo-stage sets: PREFECT_SERVER_LOGGING_LEVEL=INFO',
      'local talks to: http://127.0.0.1:4200',
      'local sets: A=1',
      'environment file: .env.demo',
      "uv: '>=0.9'",
      'staging writes the file: config/t.json',
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.filter(line => /[\n\r]/.test(line))).toEqual([]);
  });
  it('change with every change that lets a machine do more', async () => {
    const before = await of(MANIFEST);
    for (const [from, to] of [
      ['"it\'s"', '"its"'],
      ['A = "1"', 'A = "3"'],
      ['env = "X_TOKEN"', 'env = "Y_TOKEN"'],
      ['"other/{environment}#f"', '"other/{environment}#g"'],
      ['https://otel.example:4317', 'https://otel2.example:4317'],
      ['https://prefect.example/api', 'https://prefect.example:444/api'],
      ['["curl", "x"]', '["curl", "y"]'],
      ['"INFO"', '"DEBUG"'],
      ['">=0.9"', '">=0.10"'],
      ['demo-stage', 'demo-stage2'],
      ['secrets = ["key", ', 'env-file = ".env.x"\nsecrets = ["key", '],
    ] as const) {
      const changed = to.startsWith('env-file')
        ? MANIFEST.replace('workspace = "demo"', 'workspace = "demo"\nenv-file = ".env.x"')
        : MANIFEST.replace(from, to);
      expect(changed).not.toBe(MANIFEST);
      expect(
        (await of(changed)).filter(line => !before.includes(line)),
        to,
      ).not.toEqual([]);
    }
  });
  it('do not grow with what is only words or a new lock', async () => {
    const before = await of(MANIFEST);
    expect(await of(MANIFEST.replace('[secrets.key]', '# a note\n[secrets.key]\ndescription = "Key"'))).toEqual(before);
    const locked = await loadManifest(MANIFEST, {
      ...files,
      'uv.lock': 'version = 1\n\n[[package]]\nname = "mlflow"\n',
    });
    expect(resolve(locked).envFile.variables['MLFLOW_DISABLE_TELEMETRY']).toBe('true');
    expect(capabilities(locked)).toEqual(before);
  });
});

it('a printed command is read by bash as the same words', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({
          unit: fc.constantFrom('a', ' ', "'", '"', '\\', '$', '`', '\n', '\t', '\u0007', '!', '*', 'é', '\u202e'),
          maxLength: 6,
        }),
        { minLength: 1, maxLength: 4 },
      ),
      words => {
        const line = quoteCommand(words);
        expect(line).not.toMatch(/[\n\t\u0007\u202e]/);
        const back = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], {
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
        }).toString();
        expect(back.split('\0').slice(0, -1)).toEqual(words);
      },
    ),
    { numRuns: 40 },
  );
});

describe('the template of Hotpass', () => {
  const EXTRAS =
    'dev docs orchestration entity_resolution ml_scoring enrichment geospatial compliance dashboards caching versioning platform';
  const pyproject = `[project]\nname = "hotpass"\nversion = "0.1.0"\nrequires-python = ">=3.13,<3.14"\n[project.optional-dependencies]\n${EXTRAS.split(
    ' ',
  )
    .map(extra => `${extra} = []\n`)
    .join('')}[dependency-groups]\ndev = ["types-requests"]\n`;
  const hotpass = () => load(folder({ 'pyproject.toml': pyproject }), { template: 'hotpass' });

  it('loads with nothing to say but that it is a template, and its environments are local, staging and ci', async () => {
    const loaded = await hotpass();
    expect(loaded.source).toEqual({ kind: 'template', name: 'hotpass' });
    expect(loaded.findings.map(({ id }) => id)).toEqual(['HB530']);
    expect(loaded.environments).toEqual(['local', 'staging', 'ci']);
    expect(resolve(loaded).secrets).toEqual([]);
  });
  it('asks for extras the project has, all of them in CI', async () => {
    const loaded = await hotpass();
    const has = Object.keys(
      (parse(pyproject) as { project: { 'optional-dependencies': object } }).project['optional-dependencies'],
    );
    expect([...resolve(loaded, { environment: 'ci' }).python.extras].sort()).toEqual([...has].sort());
    expect(resolve(loaded).python.extras).toEqual(['dev', 'docs']);
    // The exporter is only in "orchestration" (facts telemetry T1).
    for (const environment of loaded.environments) {
      const wanted = resolve(loaded, { environment });
      expect(wanted.python.extras.filter(extra => !has.includes(extra))).toEqual([]);
      expect(wanted.python.extras.includes('orchestration')).toBe(
        wanted.telemetry.exporters.includes('otlp') || environment === 'ci',
      );
    }
  });
  it('has the Vault paths, the telemetry file and the variables of Hotpass', async () => {
    const wanted = resolve(await hotpass(), { environment: 'staging' });
    const vault = Object.fromEntries(wanted.secrets.map(secret => [secret.env, secret.vault?.split('#')[0]]));
    expect(vault).toMatchObject({
      PREFECT_API_KEY: 'hotpass/prefect',
      HOTPASS_CIPC_API_KEY: 'hotpass/registry',
      OTEL_EXPORTER_OTLP_HEADERS: 'hotpass/telemetry',
    });
    expect(wanted.secrets[0]?.vault).toBe('hotpass/prefect#prefect_api_key');
    expect(wanted.telemetry.file?.path).toBe('config/telemetry.staging.toml');
    expect(parse(wanted.telemetry.file?.content ?? '')).toMatchObject({
      telemetry: { enabled: true, exporters: ['otlp'], otlp_timeout: 5, otlp_insecure: false, environment: 'staging' },
    });
    expect(wanted.envFile).toMatchObject({
      path: '.env.hotpass',
      variables: {
        HOTPASS_ENVIRONMENT: 'staging',
        HOTPASS_PREFECT_PROFILE: 'hotpass-staging',
        GX_ANALYTICS_ENABLED: 'false',
        ALLOW_NETWORK_RESEARCH: 'false',
      },
    });
    expect(wanted.baselines).toEqual({ 'onboarding-experienced': 9000, 'onboarding-new': 86_400, qa: 1680 });
    expect(wanted.targets).toEqual({ onboarding: 5400, qa: 1200 });
    expect(JSON.stringify([wanted.tasks, wanted.readiness])).not.toMatch(/"hotpass"/);
  });
});
