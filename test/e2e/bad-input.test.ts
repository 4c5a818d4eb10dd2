import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectJsonRefusal, expectRefusal, expectSetupRefuses, MANIFEST, smallWorkspace, untouched } from '../support/bad-input.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';

const machine = new Machine();
const root = smallWorkspace(machine);

/** Runs with another manifest, and brings the right one back. */
function withManifest(text: string, test: () => void): void {
  const file = join(root, 'hotpass-bootstrap.toml');
  writeFileSync(file, text);
  try {
    test();
  } finally {
    writeFileSync(file, MANIFEST);
  }
}

describe('a manifest that is wrong', () => {
  const secret = 'env = "API_TOKEN"\ndescription = "A token"\n';
  const cases: [string, string, string[]][] = [
    ['a wrong type', MANIFEST.replace('schema = 1', 'schema = "1"'), ['hotpass-bootstrap.toml:1:10: schema must be']],
    ['a wrong type deep down', `${MANIFEST}[python.profiles]\ncore = { extras = "dev" }\n`, ['hotpass-bootstrap.toml:6:19: python.profiles.core.extras must be a list']],
    ['an unknown key', MANIFEST.replace('profile =', 'profil ='), ['hotpass-bootstrap.toml:4:13: environments.local.prefect.profil is an unknown key; did you mean "profile"?']],
    ['an unknown table', `${MANIFEST}[enviroments.staging]\n`, ['hotpass-bootstrap.toml:5:2: enviroments is an unknown key; did you mean "environments"?']],
    ['a secret named twice in a list', `${MANIFEST.replace('prefect =', 'secrets = ["token", "token"]\nprefect =')}[secrets.token]\n${secret}`, ['hotpass-bootstrap.toml:4:21:', 'token']],
    ['a secret defined twice', `${MANIFEST}[secrets.token]\n${secret}[secrets.token]\n${secret}`, ['hotpass-bootstrap.toml:8:', 'secrets.token']],
    ['two secrets for one variable', `${MANIFEST.replace('prefect =', 'secrets = ["one", "two"]\nprefect =')}[secrets.one]\n${secret}[secrets.two]\n${secret}`, ['hotpass-bootstrap.toml:', 'API_TOKEN']],
    ['a secret that is not defined', MANIFEST.replace('prefect =', 'secrets = ["toke"]\nprefect ='), ['hotpass-bootstrap.toml:4:12:', '"toke"']],
    ['two environments with one Prefect profile and different settings', `${MANIFEST}[environments.staging]\nprefect = { profile = "small-local", api-url = "https://prefect.example.com/api" }\n`, ['hotpass-bootstrap.toml:6:23:', 'small-local']],
    ['no TOML at all', `${MANIFEST}[[[\n`, ['hotpass-bootstrap.toml:5:']],
    ['a variable that is not allowed', `${MANIFEST}[environments.local.variables]\nLD_PRELOAD = "x.so"\n`, ['hotpass-bootstrap.toml:6:1:', 'LD_PRELOAD']],
    ['a newer tool wanted', `requires = ">=99.0"\n${MANIFEST}`, ['hotpass-bootstrap.toml needs hotpass-bootstrap >=99.0']],
  ];
  it.each(cases)('%s: 78, with its place and what is allowed', (_, manifest, says) => {
    withManifest(manifest, () => {
      expectSetupRefuses(machine, root, { code: 78, says });
      const plan = machine.run(root, ['plan']);
      expectRefusal(machine, root, plan, { code: 78, says });
    });
  });
});
