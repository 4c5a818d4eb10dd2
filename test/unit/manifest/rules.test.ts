import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as rules from '../../../src/manifest/rules.ts';
import { originOf, serverUrl } from '../../../src/manifest/url-rules.ts';
import {
  forbiddenPrefectSetting,
  forbiddenVariable,
  isNamedSecret,
  variableValue,
} from '../../../src/manifest/variable-rules.ts';
import { defaultEnvFile, inferredName } from '../../../src/manifest/workspace-facts.ts';

function judged(rule: rules.Rule, good: readonly string[], bad: readonly string[]): void {
  expect(good.filter(text => rule(text) !== undefined)).toEqual([]);
  expect(bad.filter(text => rule(text) === undefined)).toEqual([]);
}

describe('names', () => {
  it('of workspaces', () => {
    judged(
      rules.workspaceName,
      ['a', 'hotpass', 'a.b_c-d', '0a9', 'a'.repeat(64), 'console'],
      ['', 'A', '-a', 'a-', 'a..b', 'a/b', '.', 'a'.repeat(65), 'con', 'nul.txt', 'com1', 'a b', 'ä', 'a\n'],
    );
  });
  it('of environments and secrets', () => {
    judged(
      rules.entryName,
      ['local', '2024', 'a_b-c', 'a'.repeat(63)],
      ['', '-a', '*', 'A', 'a.b', 'a/b', '__proto__', 'a'.repeat(64)],
    );
  });
  it('of tasks', () => {
    judged(
      rules.displayName,
      ['git hooks', 'é', 'x'.repeat(60)],
      ['', ' ', 'a\nb', 'a\u001b[31m', 'a\u202eb', 'x'.repeat(61)],
    );
  });
  it('of environment files', () => {
    judged(
      rules.envFileName,
      ['.env', '.env.hotpass', '.env.a-b.c_d'],
      ['env', '.env.', '.env..a', '.env/x', '../.env', '.envrc', '.env.a b', '.env.ä'],
    );
  });
  it('of Prefect profiles', () => {
    judged(rules.profileName, ['hotpass-local', 'a.b'], ['', 'a"b', 'a b', '-p', 'a\n', 'a]']);
  });
  it('keep their shape and their bounds, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9._/-]{0,70}$/)), name => {
        const workspace = rules.workspaceName(name) === undefined;
        const entry = rules.entryName(name) === undefined;
        if (workspace || entry) {
          // Such a name is one path segment, one keychain word, and no option of a command line.
          expect(name).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
          expect(name.length).toBeLessThanOrEqual(64);
          expect(name.split('/')).toHaveLength(1);
          expect(['.', '..']).not.toContain(name);
        }
        expect(entry).toBe(/^[a-z0-9][a-z0-9_-]*$/.test(name) && name.length <= 63 && !name.endsWith('\n'));
      }),
      { numRuns: 500 },
    );
  });
  it('that are inferred keep the rules, whatever the project or folder is called', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme', maxLength: 90 }), fc.constantFrom('con', 'NUL.x', '..', 'a..b', 'Ä B')),
        name => {
          const inferred = inferredName(name, '/tmp/x');
          expect(rules.workspaceName(inferred)).toBeUndefined();
          expect(rules.envFileName(defaultEnvFile(inferred))).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
    expect(inferredName('My_Project.Tools', '/')).toBe('my_project.tools');
    expect(inferredName(undefined, '/home/x/My Clone')).toBe('my-clone');
    expect(defaultEnvFile('a.b')).toBe('.env.a-b');
  });
});

describe('paths', () => {
  it('of managed files stay in the root and out of .git, .venv and other people’s files', () => {
    judged(
      rules.managedPath,
      ['config/telemetry.toml', 'a.json', '.config/x.toml', 'git/x.toml', '.github/x.toml'],
      [
        '',
        '/etc/x.toml',
        '../x.toml',
        'a/../b.toml',
        '.git/x.toml',
        'sub/.git/config',
        '.GIT/x',
        'git~1/x',
        '.git ./x',
        'a\\b.toml',
        'C:/x',
        '~/x',
        './x',
        'a//b',
        'a\nb',
        'pyproject.toml',
        'uv.lock',
        '.venv/x',
        '.env',
        '.env.x',
      ],
    );
    judged(rules.telemetryPath, ['a.toml', 'a.json'], ['a.yaml', 'a']);
  });
  it('of inputs may be globs', () => {
    judged(
      rules.inputPattern,
      ['src/**/*.py', '.pre-commit-config.yaml', './a'],
      ['/etc/passwd', '../x', '.git/HEAD', ''],
    );
  });
  it('in Vault cannot climb', () => {
    judged(
      rules.vaultReference,
      ['hotpass/prefect#prefect_api_key', 'a#b', 'a/{environment}/b#auth_{environment}'],
      [
        'a',
        'a#',
        '#a',
        'a#b#c',
        '../../../x#y',
        'a/../b#c',
        'a/./b#c',
        '/a#b',
        'a/#b',
        'a%2fb#c',
        'a b#c',
        'a/.b#c',
        'a#../b',
      ],
    );
  });
});

describe('URLs', () => {
  it('are https or this machine, without a name in them', () => {
    judged(
      serverUrl,
      [
        'https://a.example/api',
        'http://127.0.0.1:4200/api',
        'http://localhost:1',
        'http://[::1]:4317',
        'HTTPS://A.example',
      ],
      [
        'http://a.example',
        'http://127.0.0.1.example.com',
        'http://localhost.example.com',
        'https://u:p@a.example',
        'https://u@a.example',
        'ftp://a',
        'grpc://a:4317',
        'a.example',
        'https://',
        'https://a b',
        'https://a\\b',
        'https://a/?x=1',
        'https://a/#x',
        '',
      ],
    );
    expect(serverUrl('grpc://a:4317')).toContain('https://');
  });
  it('have an origin with its port', () => {
    expect(originOf('https://A.example/api')).toBe('https://a.example:443');
    expect(originOf('http://127.0.0.1:4200/api')).toBe('http://127.0.0.1:4200');
    expect(originOf('http://127.0.0.1')).toBe('http://127.0.0.1:80');
    expect(originOf('https://bücher.example')).toBe('https://xn--bcher-kva.example:443');
    expect(originOf('file:///etc/passwd')).toBeUndefined();
  });
});

describe('variables', () => {
  const forbidden =
    'PATH HOME SHELL ENV BASH_ENV IFS PROMPT_COMMAND PS4 PAGER EDITOR BROWSER CI LD_PRELOAD DYLD_X NODE_OPTIONS PYTHONPATH ' +
    'PERL5LIB RUBYOPT JAVA_TOOL_OPTIONS GIT_DIR SSH_AUTH_SOCK UV_INDEX_URL PIP_INDEX_URL npm_config_registry HTTPS_PROXY ' +
    'https_proxy NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS VAULT_TOKEN ' +
    'BAO_ADDR HOTPASS_BOOTSTRAP_ENV ACTIONS_X GITHUB_ENV Path node_options';
  it('that change how programs run are refused for both roles', () => {
    for (const role of ['variable', 'secret'] as const) {
      expect(forbidden.split(' ').filter(name => !forbiddenVariable(name, role))).toEqual([]);
    }
    expect(forbiddenVariable('GITHUB_TOKEN', 'variable')).toBeDefined();
    expect(forbiddenVariable('GITHUB_TOKEN', 'secret')).toBeUndefined();
  });
  it('of Prefect and OpenTelemetry have their own place', () => {
    const places =
      'PREFECT_PROFILE PREFECT_API_URL PREFECT_API_KEY PREFECT_HOME PREFECT_PROFILES_PATH PREFECT_CLIENT_CUSTOM_HEADERS ' +
      'PREFECT_API_TLS_INSECURE_SKIP_VERIFY OTEL_EXPORTER_OTLP_TIMEOUT OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ' +
      'OTEL_EXPORTER_OTLP_CERTIFICATE';
    expect(places.split(' ').filter(name => !forbiddenVariable(name))).toEqual([]);
    const secrets = 'PREFECT_API_KEY PREFECT_API_AUTH_STRING OTEL_EXPORTER_OTLP_HEADERS PREFECT_CLIENT_CUSTOM_HEADERS';
    expect(secrets.split(' ').filter(name => forbiddenVariable(name, 'secret'))).toEqual([]);
    expect(forbiddenVariable('PREFECT_API_URL', 'secret')).toBeDefined();
    expect(forbiddenVariable('OTEL_EXPORTER_OTLP_ENDPOINT', 'secret')).toBeDefined();
  });
  it('that are ordinary are allowed', () => {
    const good =
      'HOTPASS_ENVIRONMENT HOTPASS_VAULT_ADDR OPENLINEAGE_URL GX_ANALYTICS_ENABLED PREFECT_LOGGING_LEVEL ENVIRONMENT CITY _x OTEL_SDK_DISABLED';
    expect(good.split(' ').filter(name => forbiddenVariable(name))).toEqual([]);
  });
  it('are names a shell understands', () => {
    expect(['', 'A B', '1A', 'A-B', 'A=B', 'Ä', 'A\n'].filter(name => !forbiddenVariable(name))).toEqual([]);
  });
  it('never hold a password in a URL', () => {
    judged(
      variableValue,
      ['', 'a', 'http://127.0.0.1:5000/api', 'a@b', 'two words'],
      ['postgres://u:p@h/d', 'https://token@h', 'a\rb', 'a\0b'],
    );
  });
  it('that look like secrets are noticed', () => {
    expect(isNamedSecret('X_API_KEY', 'abcdefgh12')).toBe(true);
    expect(isNamedSecret('X_API_KEY', 'true')).toBe(false);
    expect(isNamedSecret('MONKEY', 'abcdefgh12')).toBe(false);
  });
});

it('Prefect settings that are secret, move files, run code or change trust are refused', () => {
  const refused =
    'PREFECT_API_KEY PREFECT_API_AUTH_STRING PREFECT_SERVER_DATABASE_PASSWORD PREFECT_API_DATABASE_CONNECTION_URL PREFECT_PROFILES_PATH ' +
    'PREFECT_HOME PREFECT_LOGGING_SETTINGS_PATH PREFECT_LOGGING_CONFIG_PATH PREFECT_PLUGINS_ENABLED PREFECT_EXPERIMENTS_PLUGINS_ALLOW ' +
    'PREFECT_API_TLS_INSECURE_SKIP_VERIFY PREFECT_API_SSL_CERT_FILE PREFECT_CLIENT_CUSTOM_HEADERS PREFECT_CLOUD_API_URL PREFECT_API_URL ' +
    // A section as JSON beats all that is said of its settings.
    'PREFECT_API PREFECT_CLIENT PREFECT_CLOUD PREFECT_LOGGING PREFECT_PLUGINS PREFECT_EXPERIMENTS PREFECT_EXPERIMENTS_PLUGINS ' +
    'PREFECT_SERVER PREFECT_SERVER_API PREFECT_SERVER_DATABASE';
  expect(refused.split(' ').filter(name => !forbiddenPrefectSetting(name))).toEqual([]);
  expect(forbiddenPrefectSetting('PREFECT_LOGGING_LEVEL')).toBeUndefined();
});

it('patterns are regular expressions of at most 200 characters', () => {
  judged(rules.secretPattern, ['[^:]+:.+', 'pnu_[A-Za-z0-9]{36}'], ['(', '[', '\\p{Nope}', 'a'.repeat(201)]);
  expect(rules.secretPattern('(')).toMatch(/^is no regular expression \(.*\)$/);
});
