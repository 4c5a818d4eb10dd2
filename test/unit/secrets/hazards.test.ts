import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
] as const)('%s: %j', async (file, text, names) => {
  const root = temporary();
  writeFileSync(join(root, file), text);
  expect(await workspaceHazards(root)).toEqual(names.map(name => ({ file, name })));
});

test('a workspace without these files has none', async () => {
  expect(await workspaceHazards(temporary())).toEqual([]);
});
