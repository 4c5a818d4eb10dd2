import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/core/findings.ts';
import { namesInCode } from '../../../../src/manifest/init/code-names.ts';
import { type EnvFile, readEnvFiles } from '../../../../src/manifest/init/env-files.ts';
import { importNames } from '../../../../src/manifest/init/import-names.ts';
import { isPlainValue, isSecretName, secretName } from '../../../../src/manifest/init/names.ts';
import { readToml } from '../../../../src/manifest/toml.ts';
import { folder } from '../../../support/manifests.ts';

describe('which names are those of secrets', () => {
  it.each(
    'API_KEY STRIPE_API_KEY AWS_SECRET_ACCESS_KEY GITHUB_TOKEN PASSWORD DB_PASSWORD DB_PASS SENTRY_DSN TOKEN DATABASE_URL SLACK_WEBHOOK_URL PREFECT_API_AUTH_STRING OTEL_EXPORTER_OTLP_HEADERS AZURE_STORAGE_CONNECTION_STRING JWT_SECRET OPENAI_API_KEY2 client_secret'.split(
      ' ',
    ),
  )('%s is', name => expect(isSecretName(name)).toBe(true));
  it.each(
    'MAX_TOKENS TOKENIZERS_PARALLELISM AWS_ACCESS_KEY_ID KEY KEYBOARD AUTHOR PUBLIC_KEY CACHE_KEY PRIMARY_KEY LOG_LEVEL PASS DEBUG TOKEN_TTL SECRET_NAME KEY_FILE'.split(
      ' ',
    ),
  )('%s is not', name => expect(isSecretName(name)).toBe(false));

  it('the name in the manifest is short, and one the schema takes', () => {
    expect(secretName('HOTPASS_CIPC_API_KEY', 'hotpass')).toBe('cipc-api-key');
    expect(secretName('HOTPASS_TOKEN', 'hotpass')).toBe('hotpass-token');
    expect(secretName('OTEL_EXPORTER_OTLP_HEADERS', 'x')).toBe('otlp-headers');
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/),
        fc.stringMatching(/^[a-z0-9-]{0,9}$/),
        (name, own) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(secretName(name, own)),
      ),
    );
  });

  it('no value that could be a key is plain', () => {
    for (const value of [
      'sk_live_51Hx',
      'hunter2',
      'a:b@c',
      'https://u:p@h/',
      'ghp_abcdefghij',
      'two words',
      'x'.repeat(17),
    ])
      expect(isPlainValue(value), value).toBe(false);
    for (const value of [
      '',
      'true',
      'INFO',
      '5432',
      '0.5',
      'http://localhost:4317',
      './data/in',
      'https://a.example/api',
    ])
      expect(isPlainValue(value), value).toBe(true);
  });
});

describe('environment files', () => {
  const read = (files: Record<string, string>): { files: EnvFile[]; findings: Finding[] } => {
    const findings: Finding[] = [];
    return { files: readEnvFiles(folder(files), 'my-app', findings), findings };
  };

  it.each<[string, boolean, string | undefined]>([
    ['.env', false, 'local'],
    ['.env.local', false, 'local'],
    ['.env.my-app', false, 'local'],
    ['.env.dev', false, 'local'],
    ['.env.staging', false, 'staging'],
    ['.env.production', false, 'production'],
    ['.env.example', true, 'local'],
    ['.env.sample', true, 'local'],
    ['.env-template', true, 'local'],
    ['example.env', true, 'local'],
    ['env.example', true, 'local'],
    ['.env.staging.example', true, 'staging'],
    ['.env.example.prod', true, 'prod'],
    ['.env.docker', false, undefined],
  ])('%s: template %s, environment %s', (file, template, environment) => {
    expect(read({ [file]: 'A=1\n' }).files).toMatchObject([{ file, template, environment }]);
  });

  it.each([
    '.envrc',
    'env.py',
    'environment.yml',
    '.env.bak',
    '.env.gpg',
    'prod.env',
    'environ.example',
    '.environment',
  ])('%s is none', file => {
    expect(read({ [file]: 'A=1\n' }).files).toEqual([]);
  });

  it('have names with their lines; those in a quoted value are none, those in comments of a template are', () => {
    const text = 'export A=1\r\nB="x\r\nFAKE=2\r\n"\r\n# About C\r\n#C_TOKEN=\r\n# words = more words\r\nA=3\r\n';
    const [file] = read({ '.env.example': text }).files;
    expect(file?.variables.map(({ name, place, hint }) => [name, place.line, hint])).toEqual([
      ['A', 8, undefined],
      ['B', 2, undefined],
      ['C_TOKEN', 6, 'About C'],
    ]);
    expect(read({ '.env': text }).files[0]?.variables.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  it('give no comment that holds something like a key', () => {
    const [file] = read({ '.env.example': '# like sk_live_51HxABCDEFGHIJKLMNOP\nA_KEY=\n# OLD=value\nB_KEY=\n' }).files;
    expect(file?.variables.find(({ name }) => name === 'A_KEY')?.hint).toBeUndefined();
    expect(file?.variables.find(({ name }) => name === 'B_KEY')?.hint).toBeUndefined();
  });

  it('that are no UTF-8 are said', () => {
    const root = folder({});
    writeFileSync(join(root, '.env.example'), Buffer.from('A=\xe9\n', 'latin1'));
    writeFileSync(join(root, '.env.staging'), Buffer.from('\ufeffA=1\n', 'utf16le'));
    const findings: Finding[] = [];
    expect(readEnvFiles(root, 'x', findings)).toEqual([]);
    expect(findings.map(({ id, message }) => `${id} ${message}`)).toEqual([
      'HB527 .env.example was not looked at.',
      'HB527 .env.staging was not looked at.',
    ]);
  });
});

it('names that the code reads, with the first place, and no others', () => {
  const root = folder({
    'app/a.py': [
      'import os',
      'a = os.environ["A_KEY"], os.getenv( \'B_TOKEN\', "x"), os.environ.get("C")',
      '# os.environ["COMMENT"]',
      'd = environ.pop("D"); environment["NOT"]; os.environ[name]',
      'class Settings(BaseSettings):',
      '    model_config = SettingsConfigDict(env_prefix="APP_")',
      '    password: SecretStr',
      '    key: Optional[SecretStr] = Field(None, validation_alias="OTHER_KEY")',
      '    port: int = 1',
      'class Plain(BaseModel):',
      '    inner: SecretStr',
    ].join('\n'),
    'app/b.py': 'import os\nos.environ["A_KEY"]\n',
    'tests/t.py': 'import os\nos.environ["TEST_KEY"]\n',
    '.venv/lib/x.py': 'import os\nos.environ["VENV_KEY"]\n',
    'other/x.py': 'import os\nos.environ["OTHER_PROJECT"]\n',
  });
  const found = namesInCode(root, ['other']).map(({ name, place, secret }) => [
    name,
    `${place.file}:${place.line}`,
    secret,
  ]);
  expect(found).toEqual([
    ['A_KEY', 'app/a.py:2', false],
    ['B_TOKEN', 'app/a.py:2', false],
    ['C', 'app/a.py:2', false],
    ['D', 'app/a.py:4', false],
    ['APP_PASSWORD', 'app/a.py:7', true],
    ['OTHER_KEY', 'app/a.py:8', true],
  ]);
});

describe('what a project is imported as', () => {
  const project = (name: string, more = ''): string => `[project]\nname = "${name}"\nversion = "1"\n${more}`;
  it.each<[string, string, string[], string[]]>([
    ['src layout', project('my-tool'), ['src/my_tool/__init__.py', 'src/other/__init__.py'], ['my_tool']],
    ['flat layout', project('My.Tool'), ['my_tool/__init__.py', 'tests/__init__.py'], ['my_tool']],
    ['one module', project('tool'), ['tool.py'], ['tool']],
    [
      'another name, only one package',
      project('dist-name'),
      ['src/real/__init__.py', 'src/real/sub/__init__.py'],
      ['real'],
    ],
    ['a namespace', project('acme-core'), ['src/acme/core/__init__.py'], ['acme.core']],
    [
      'a script',
      project('dist', '[project.scripts]\nx = "pkg.cli:main"\n'),
      ['pkg/__init__.py', 'tools/__init__.py', 'zoo/__init__.py'],
      ['pkg'],
    ],
    [
      'a script in a namespace',
      project('dist', '[project.scripts]\nx = "acme.core.cli:main"\n'),
      ['src/acme/core/__init__.py', 'src/acme/web/__init__.py'],
      ['acme.core'],
    ],
    [
      'uv’s build back end',
      project('a', '[tool.uv.build-backend]\nmodule-name = "b"\nmodule-root = "lib"\n'),
      ['lib/b/__init__.py', 'src/a/__init__.py'],
      ['b'],
    ],
    [
      'hatch',
      project('a', '[tool.hatch.build.targets.wheel]\npackages = ["src/b", "src/c"]\n'),
      ['src/b/__init__.py', 'src/c/__init__.py'],
      ['b', 'c'],
    ],
    [
      'setuptools, a list',
      project('a', '[tool.setuptools]\npackages = ["b", "b.sub"]\n'),
      ['b/__init__.py', 'b/sub/__init__.py'],
      ['b'],
    ],
    [
      'setuptools, elsewhere',
      project('hotpass', '[tool.setuptools.packages.find]\nwhere = ["apps/data-platform"]\n'),
      ['apps/data-platform/hotpass/__init__.py'],
      ['hotpass'],
    ],
    ['two packages, and nothing says which', project('a'), ['src/b/__init__.py', 'src/c/__init__.py'], []],
    ['no package', project('a'), ['main.py', 'data/x.py'], []],
    ['what a back end names and is not there', project('a', '[tool.flit.module]\nname = "gone"\n'), [], []],
  ])('%s', (_, pyproject, files, expected) => {
    const root = folder({ 'pyproject.toml': pyproject, ...Object.fromEntries(files.map(file => [file, ''])) });
    expect(importNames(root, readToml(pyproject, 'x')).map(({ name }) => name)).toEqual(expected);
  });
});
