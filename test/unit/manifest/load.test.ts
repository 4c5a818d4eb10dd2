import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionsIn } from '../../../src/manifest/positions.ts';
import { folder, load, loadManifest, PYPROJECT, problems, refused } from '../../support/manifests.ts';

const LOCAL = '[environments.local]\n';

describe('errors name file, line, column, key, what is allowed and the nearest spelling', () => {
  it.each([
    [
      'an unknown key',
      `schema = 1\nworkspce = "a"\n${LOCAL}`,
      [/^\S+:2:1: workspce is an unknown key; did you mean "workspace"\?$/],
    ],
    [
      'an unknown key with no neighbour',
      `schema = 1\n${LOCAL}prefect = { q = 1 }\n`,
      [/:3:13: environments\.local\.prefect\.q is an unknown key; allowed: profile, api-url, settings$/],
    ],
    [
      'an unknown table',
      `schema = 1\n${LOCAL}[enviroments.x]\n`,
      [/:3:2: enviroments is an unknown key; did you mean "environments"\?/],
    ],
    ['a schema in quotes', `schema = "1"\n${LOCAL}`, [/:1:10: schema must be 1, not this text$/]],
    ['no schema', LOCAL, [/:1:1: schema is missing/]],
    ['no environments', 'schema = 1\n', [/:1:1: environments is missing: it must be a table$/]],
    ['empty environments', 'schema = 1\nenvironments = {}\n', [/:2:1: environments is empty/]],
    [
      'a number for a text',
      `schema = 1\nworkspace = 5\n${LOCAL}`,
      [/:2:13: workspace must be a text in quotes, not the number 5$/],
    ],
    [
      'a text for a list',
      `schema = 1\n${LOCAL}secrets = "a"\n`,
      [/:3:11: environments\.local\.secrets must be a list, not this text$/],
    ],
    [
      'a text for a table',
      `schema = 1\n${LOCAL}prefect = "x"\n`,
      [/:3:11: environments\.local\.prefect must be a table/],
    ],
    [
      'a date',
      `schema = 1\nworkspace = 2026-01-01\n${LOCAL}`,
      [/:2:13: workspace must be a text in quotes, not a date$/],
    ],
    [
      'a wrong word',
      `schema = 1\n${LOCAL}telemetry = { protocol = "grcp" }\n`,
      [/:3:26: environments\.local\.telemetry\.protocol must be "grpc" or "http\/protobuf".* did you mean "grpc"\?$/],
    ],
    [
      'an empty command',
      `schema = 1\n${LOCAL}[[tasks]]\nname = "a"\nrun = []\n`,
      [/:5:7: tasks\[0\]\.run must not be empty$/],
    ],
    [
      'a command that is a text',
      `schema = 1\n${LOCAL}[[tasks]]\nname = "a"\nrun = "ls -l"\n`,
      [/:5:7: tasks\[0\]\.run must be a list, not this text$/],
    ],
    ['a bad name', `schema = 1\n[environments.Local]\n`, [/:2:15: environments\.Local must be 1 to 63 small letters/]],
    [
      'a bad variable',
      `schema = 1\n[environments.local.variables]\nPATH = "x"\n`,
      [/:3:1: environments\.local\.variables\.PATH changes how programs run/],
    ],
    [
      'a bad check',
      `schema = 1\n${LOCAL}[secrets.a]\nenv = "A"\ncheck = "oltp"\n`,
      [/:5:9: secrets\.a\.check must be "otlp", "prefect", "vault" or a command/],
    ],
    [
      'a bad duration',
      `schema = 1\n${LOCAL}[report]\ntargets = { qa = "20 minutes" }\n`,
      [/:4:18: report\.targets\.qa must be a duration such as/],
    ],
    [
      'a bad pattern',
      `schema = 1\n${LOCAL}[secrets.a]\nenv = "A"\npattern = "("\n`,
      [/:5:11: secrets\.a\.pattern is no regular expression/],
    ],
    [
      'an open URL',
      `schema = 1\n${LOCAL}prefect = { api-url = "http://prefect.example.com/api" }\n`,
      [/:3:23: environments\.local\.prefect\.api-url must begin with https:/],
    ],
    [
      'a URL without /api',
      `schema = 1\n${LOCAL}prefect = { api-url = "https://prefect.example.com" }\n`,
      [/:3:23: environments\.local\.prefect\.api-url must end in \/api$/],
    ],
    [
      'a managed file outside',
      `schema = 1\n${LOCAL}telemetry = { file = "../x.toml" }\n`,
      [/:3:22: environments\.local\.telemetry\.file must stay inside/],
    ],
    [
      'a managed file in .git',
      `schema = 1\n${LOCAL}telemetry = { file = { path = ".git/x.toml" } }\n`,
      [/:3:31: environments\.local\.telemetry\.file\.path must not lie in "\.git"/],
    ],
  ] as const)('%s', async (_, manifest, expected) => {
    const found = await problems(manifest);
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });

  it('all of a file at once, in its order, those of the checks too', async () => {
    const found = await problems(
      `schema = 1\n[environments.local]\npyton = "core"\nsecrets = ["a"]\n[environments.ci]\npython = "cor"\n[secrets.b]\nenv = 5\n[python.profiles]\ncore = {}\n`,
    );
    expect(found.map(line => line.replace(/^\S+? /, ''))).toEqual([
      'environments.local.pyton is an unknown key; did you mean "python"?',
      'environments.ci.python names "cor", which is not under [python.profiles]; did you mean "core"?',
      'secrets.b.env must be a text in quotes, not the number 5',
    ]);
  });

  it('never repeats a text that stands where it should not, since it may be a secret', async () => {
    const error = await refused(
      loadManifest(`schema = 1\n${LOCAL}secrets = "hunter2hunter2"\nprefect = "hunter3hunter3"\n`),
    );
    expect(JSON.stringify([error.message, error.why, error.details])).not.toContain('hunter');
  });
});

describe('TOML that is none', () => {
  it.each([
    [
      'a secret named twice',
      `schema = 1\n[secrets.a]\nenv = "A"\n[secrets.a]\nenv = "B"\n`,
      /^\S+:4:\d+: "secrets\.a" stands twice; the first one is on line 2$/,
    ],
    [
      'a key twice',
      'schema = 1\nworkspace = "a"\nworkspace = "b"\n',
      /:3:\d+: "workspace" stands twice; the first one is on line 2$/,
    ],
    ['a syntax error', 'schema = 1\nworkspace = \n', /^\S+:2:\d+: /],
    ['an open quote', 'schema = 1\nworkspace = "a\n', /^\S+:2:\d+: /],
  ])('%s', async (_, manifest, expected) => {
    const found = await problems(manifest);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });
  it('latin-1', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${root}/hotpass-bootstrap.toml`, Buffer.from('schema = 1 # \xe9\n', 'latin1'));
    const error = await refused(load(root));
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/hotpass-bootstrap\.toml:1:1: the file is not UTF-8$/);
  });
  it('BOM and CRLF are fine', async () => {
    const loaded = await loadManifest('\ufeffschema = 1\r\n[environments.local]\r\n');
    expect(loaded.environments).toEqual(['local']);
  });
});

describe('what contradicts itself', () => {
  const two = (a: string, b: string) =>
    `schema = 1\n[environments.a]\nprefect = { profile = "p", ${a} }\n[environments.b]\nprefect = { profile = "p", ${b} }\n`;
  it('two environments that share a Prefect profile with another URL or other settings', async () => {
    const url = 'api-url = "http://127.0.0.1:4200/api"';
    for (const other of [
      'api-url = "http://127.0.0.1:4201/api"',
      `${url}, settings = { PREFECT_LOGGING_LEVEL = "INFO" }`,
    ]) {
      const [only, ...more] = await problems(two(url, other));
      expect(more).toEqual([]);
      expect(only).toMatch(/:5:23: environments\.b\.prefect\.profile names the profile "p" of environment "a"/);
    }
    await loadManifest(two(url, url));
    // The former and the present name of one setting mean the same.
    await loadManifest(
      two(
        'settings = { PREFECT_LOGGING_SERVER_LEVEL = "INFO" }',
        'settings = { PREFECT_SERVER_LOGGING_LEVEL = "INFO" }',
      ),
    );
  });
  it('Prefect settings that are unknown, of the wrong type, secret or dangerous', async () => {
    const found = await problems(
      `schema = 1\n[environments.local.prefect.settings]\nPREFECT_LOGGING_LEVL = "INFO"\nPREFECT_API_ENABLE_HTTP2 = "maybe"\nPREFECT_API_KEY = "pnu_x"\nPREFECT_HOME = "/tmp"\nPREFECT_LOGGING_SETTINGS_PATH = "x.yml"\n`,
    );
    expect(found).toHaveLength(5);
    expect(found[0]).toMatch(/:3:1: .*PREFECT_LOGGING_LEVL .*did you mean "PREFECT_LOGGING_LEVEL"\?$/);
    expect(found[1]).toMatch(/:4:1: .*must be/);
    expect(found[2]).toMatch(/:5:1: .*is a secret/);
    expect(found.join('\n')).not.toContain('pnu_x');
  });
  it.each([
    [
      'an unknown secret',
      '[environments.local]\nsecrets = ["prefect-auht"]\n[secrets.prefect-auth]\nenv = "A"\n',
      /:3:12: environments\.local\.secrets\[0\] names "prefect-auht".* did you mean "prefect-auth"\?$/,
    ],
    [
      'a secret asked for twice',
      '[environments.local]\nsecrets = ["a", "a"]\n[secrets.a]\nenv = "A"\n',
      /secrets\[1\] names "a" a second time$/,
    ],
    [
      'two secrets with one variable',
      '[environments.local]\nsecrets = ["a", "b"]\n[secrets.a]\nenv = "A"\n[secrets.b]\nenv = "A"\n',
      /secrets\[1\] names "b", which has the same variable as "a": A$/,
    ],
    [
      'a secret that is also a plain variable',
      '[environments.local]\nsecrets = ["a"]\nvariables = { A = "x" }\n[secrets.a]\nenv = "A"\n',
      /variables\.A is also the variable of the secret "a"$/,
    ],
    [
      'a secret without a variable',
      '[environments.local]\n[secrets.a]\ndescription = "x"\n',
      /:3:10: secrets\.a\.env is missing/,
    ],
    [
      'an override for no environment',
      '[environments.local]\n[secrets.a]\nenv = "A"\n[secrets.a.environments.locl]\nrequired = false\n',
      /:5:25: secrets\.a\.environments\.locl names "locl".* did you mean "local"\?$/,
    ],
    [
      'an unknown Python profile',
      '[environments.local]\npython = "cor"\n[python.profiles]\ncore = {}\n',
      /:3:10: environments\.local\.python names "cor".* did you mean "core"\?$/,
    ],
    [
      'an endpoint without the exporter otlp',
      '[environments.local]\ntelemetry = { endpoint = "http://127.0.0.1:4317", exporters = ["console"] }\n',
      /telemetry\.exporters must hold "otlp"/,
    ],
    [
      'the exporter otlp without an endpoint',
      '[environments.local]\ntelemetry = { exporters = ["otlp"] }\n',
      /telemetry\.endpoint is missing/,
    ],
    [
      'telemetry on with no exporter',
      '[environments.local]\ntelemetry = { enabled = true }\n',
      /telemetry\.exporters is missing/,
    ],
    [
      'insecure with https',
      '[environments.local]\ntelemetry = { endpoint = "https://a.example:4317", insecure = true }\n',
      /telemetry\.insecure must be false/,
    ],
    [
      'milliseconds',
      '[environments.local]\ntelemetry = { timeout = 2000 }\n',
      /telemetry\.timeout must be at most 120$/,
    ],
    [
      'grpc://',
      '[environments.local]\ntelemetry = { endpoint = "grpc://a.example:4317" }\n',
      /telemetry\.endpoint must begin with https:/,
    ],
    [
      'two tasks of one name',
      '[environments.local]\n[[tasks]]\nname = "a"\nrun = ["x"]\n[[tasks]]\nname = "a"\nrun = ["y"]\n',
      /:7:8: tasks\[1\]\.name stands twice/,
    ],
    ['a range of uv that is none', '[environments.local]\n[python]\nuv = ">>1"\n', /:4:6: python\.uv must be a range/],
    [
      'an index that is not there',
      '[environments.local]\n[secrets.a]\nfor = "index:priv"\n',
      /:4:7: secrets\.a\.for names "priv", which is not under \[\[tool\.uv\.index\]\]/,
    ],
    [
      'an index password with a variable',
      '[environments.local]\n[secrets.a]\nenv = "A"\nfor = "index:priv"\n',
      /secrets\.a\.for cannot stand beside "env"/,
    ],
  ])('%s', async (_, manifest, expected) => {
    const found = await problems(`schema = 1\n${manifest}`);
    expect(found.join('\n')).toMatch(expected);
    expect(found).toHaveLength(1);
  });
  it('a managed file that leads out of the root through a link', async () => {
    const { symlinkSync } = await import('node:fs');
    const root = folder({
      'pyproject.toml': PYPROJECT,
      'hotpass-bootstrap.toml': `schema = 1\n${LOCAL}telemetry = { file = "config/x.toml" }\n`,
    });
    symlinkSync('/tmp', `${root}/config`);
    expect((await refused(load(root))).message).toMatch(/telemetry\.file leads out of the workspace root/);
  });
});

describe('requires', () => {
  it('is judged before everything else', async () => {
    const error = await refused(loadManifest('requires = ">=99"\nschema = 7\nnonsense = 1\n'));
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/hotpass-bootstrap\.toml needs hotpass-bootstrap >=99; this is \d/);
    expect(error.details).toEqual([]);
  });
  it('lets this version pass', async () => {
    await loadManifest(`schema = 1\nrequires = ">=1.0,<2"\n${LOCAL}`);
  });
  it('a format of the future is not judged key by key', async () => {
    const error = await refused(loadManifest('schema = 2\nnonsense = 1\n'));
    expect(error.message).toMatch(/format 2; this tool reads format 1/);
    expect(error.exit).toBe(78);
  });
});

describe('the index of a password', () => {
  it('is one that uv can tell from the others', async () => {
    const index = (name: string): string =>
      `[[tool.uv.index]]\nname = "${name}"\nurl = "https://${name}.example/simple"\n`;
    const manifest = `schema = 1\n${LOCAL}[secrets.a]\nfor = "index:corp-x"\n`;
    for (const other of ['corp_x', 'corp.x', 'Corp-X']) {
      const files = { 'pyproject.toml': `${PYPROJECT}${index('corp-x')}${index(other)}` };
      expect((await refused(loadManifest(manifest, files))).message).toContain(`uv cannot tell from ${other}`);
    }
    await loadManifest(manifest, { 'pyproject.toml': `${PYPROJECT}${index('corp-x')}${index('corp-y')}` });
  });
});

describe('what a manifest leaves out', () => {
  it('comes from the project', async () => {
    const loaded = await loadManifest(`schema = 1\n${LOCAL}`, {
      'pyproject.toml': '[project]\nname = "My.Pkg"\n[tool.uv]\nrequired-version = ">=0.9"\n',
    });
    expect(loaded).toMatchObject({ workspace: 'my.pkg', envFile: '.env.my-pkg', uvRange: '>=0.9' });
  });
  it('uv.toml beats [tool.uv]', async () => {
    const loaded = await loadManifest(`schema = 1\n${LOCAL}`, {
      'pyproject.toml': '[project]\nname = "a"\n[tool.uv]\nrequired-version = ">=0.9"\n',
      'uv.toml': 'required-version = ">=0.11"\n',
    });
    expect(loaded.uvRange).toBe('>=0.11');
  });
  it('the first environment of the file is the default, numbers included', async () => {
    const loaded = await loadManifest('schema = 1\n[environments.local]\n[environments.2024]\n');
    expect(loaded.environments).toEqual(['local', '2024']);
  });
  it('[tool.hotpass-bootstrap] is a manifest, with places in pyproject.toml', async () => {
    const root = folder({
      'pyproject.toml': `${PYPROJECT}[tool.hotpass-bootstrap]\nschema = 1\n[tool.hotpass-bootstrap.environments.local]\n`,
    });
    expect((await load(root)).source).toEqual({ kind: 'pyproject', path: `${root}/pyproject.toml` });
    const bad = folder({
      'pyproject.toml': `${PYPROJECT}[tool.hotpass-bootstrap]\nschema = 1\n[tool.hotpass-bootstrap.environments.local]\npyton = "x"\n`,
    });
    expect((await refused(load(bad))).message).toMatch(
      /pyproject\.toml:8:1: environments\.local\.pyton is an unknown key/,
    );
  });
  it('a manifest file beside it wins, and that is said', async () => {
    const loaded = await loadManifest(`schema = 1\n${LOCAL}`, {
      'pyproject.toml': `${PYPROJECT}[tool.hotpass-bootstrap]\nschema = 1\n`,
    });
    expect(loaded.source.kind).toBe('file');
    expect(loaded.findings.map(found => found.id)).toEqual(['HB135']);
  });
  it('a text that was valid before is not judged again', async () => {
    const asked: string[] = [];
    const root = folder({
      'pyproject.toml': PYPROJECT,
      'hotpass-bootstrap.toml': `schema = 1\nworkspace = "w"\n${LOCAL}`,
    });
    const loaded = await load(root, { validated: (where, text) => asked.push(`${where} ${text.length}`) > 0 });
    expect(asked).toEqual([`${root} ${loaded.text.length}`]);
    expect(loaded.workspace).toBe('w');
  });
});

it('every key of a document has its place: there the text begins with the key', async () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const pair = fc.tuple(key, fc.constantFrom('1', '"x"', '[1, 2]', '{ a = 1 }', 'true'));
  const tables = fc.uniqueArray(fc.tuple(key, fc.uniqueArray(pair, { selector: ([name]) => name })), {
    selector: ([name]) => name,
  });
  await fc.assert(
    fc.asyncProperty(tables, fc.constantFrom('\n', '\r\n'), async (content, newline) => {
      const text = content
        .flatMap(([name, pairs]) => [`# é ${name}`, `[t.${name}]`, ...pairs.map(([k, v]) => `  ${k} = ${v}`)])
        .join(newline);
      const find = await positionsIn(text);
      const lines = text.split(newline);
      for (const [name, pairs] of content) {
        for (const [k, v] of pairs) {
          const at = (isKey: boolean) => {
            const { line, column } = find(['t', name, k], isKey);
            return lines[line - 1]?.slice(column - 1);
          };
          expect(at(true)).toBe(`${k} = ${v}`);
          expect(at(false)).toBe(v);
        }
      }
    }),
    { numRuns: 60 },
  );
});
