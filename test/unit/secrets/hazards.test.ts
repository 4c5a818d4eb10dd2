import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWorkspaceSettings } from '../../../src/prefect/workspace-settings.ts';
import { workspaceHazards } from '../../../src/secrets/hazards.ts';
import { temporary } from '../../support/tools.ts';

const HEADERS = 'PREFECT_CLIENT_CUSTOM_HEADERS';
const INSECURE = 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY';

test.each([
  ['.env', `${HEADERS}={"X": "1"}\n`, [HEADERS]],
  ['.env', `A=1\r\n  export prefect_client_custom_headers = x\r\n`, [HEADERS]],
  ['.env', `"${INSECURE}"="true"\n`, [INSECURE]],
  ['.env', `${INSECURE}=false\n# ${HEADERS}=x\n`, []],
  ['prefect.toml', '[client]\ncustom_headers = { X = "1" }\n', [HEADERS]],
  ['prefect.toml', 'api.tls_insecure_skip_verify = true\n', [INSECURE]],
  ['prefect.toml', 'api.tls_insecure_skip_verify = false\n', []],
  ['prefect.toml', '[client]\n"custom\\u005fheaders" = { X = "1" }\n', [HEADERS]],
  ['pyproject.toml', '[tool.prefect.client]\ncustom_headers = { X = "1" }\n', [HEADERS]],
  ['pyproject.toml', '[tool.other]\ncustom_headers = { X = "1" }\n', []],
  ['.env', `${INSECURE}\f=true\n`, [INSECURE]],
  ['.env', `\f${INSECURE}=true\n`, [INSECURE]],
  ['.env', `\x1f\u00a0export\x85${HEADERS} =\u2028{"X": "1"}\n`, [HEADERS]],
  ['.env', `A=1\r'${HEADERS}'='\n{"X": "1"}'\n`, [HEADERS]],
  // What python-dotenv and pydantic put into small letters: the sign of kelvin becomes a k.
  ['.env', 'PREFECT_API_TLS_INSECURE_S\u212aIP_VERIFY=true\n', ['PREFECT_API_TLS_INSECURE_S\u212aIP_VERIFY']],
  ['.env', 'PREFECT_API={"url": "http://evil.test/api"}\n', ['PREFECT_API']],
  ['.env', '  "Prefect_Cloud" = \'{"api_url": "http://evil.test"}\'\n', ['PREFECT_CLOUD']],
  ['.env', 'PREFECT_CLIENT={"custom_headers": {"X": "1"}}\n', ['PREFECT_CLIENT']],
  ['.env', `PREFECT_API_URL=http://x\n#PREFECT_API={"a":1}\nA=PREFECT_API={"a":1}\nMY_PREFECT_API=1\n`, []],
  // Python reads numbers of any size, and this tool does not.
  ['prefect.toml', 'x = 99999999999999999999\n[api]\ntls_insecure_skip_verify = true\n', [INSECURE]],
  ['prefect.toml', 'x = 99999999999999999999\n[client]\ncustom_headers = { X = "1" }\n', [HEADERS]],
  ['prefect.toml', 'x = 99999999999999999999\n[api]\n"tls\\u005finsecure_skip_verify" = true\n', [INSECURE]],
] as const)('%s: %j', async (file, text, names) => {
  const root = temporary();
  writeFileSync(join(root, file), text);
  expect(await workspaceHazards(root)).toEqual(names.map(name => ({ file, name })));
});

test('a workspace without these files has none', async () => {
  expect(await workspaceHazards(temporary())).toEqual([]);
});

test.each(['.env', 'prefect.toml', 'pyproject.toml'])('a link to a device is not read for ever: %s', async file => {
  const root = temporary();
  symlinkSync('/dev/zero', join(root, file));
  expect(await workspaceHazards(root)).toEqual([]);
  expect(await readWorkspaceSettings(root, {})).toEqual({ entries: [], broken: [] });
});

test('the folder that the program starts in counts as well, once', async () => {
  const root = temporary();
  const below = join(root, 'flows');
  mkdirSync(below);
  writeFileSync(join(below, '.env'), `${INSECURE}=1\n`);
  expect(await workspaceHazards(root)).toEqual([]);
  expect(await workspaceHazards(root, below)).toEqual([{ file: join('flows', '.env'), name: INSECURE }]);
  expect(await workspaceHazards(below, below)).toHaveLength(1);
});
