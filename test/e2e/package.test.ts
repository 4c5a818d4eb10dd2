import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { installedBin, tarball } from '../support/pack.ts';
import { pythonTool } from '../support/python-tool.ts';
import { repository, temporary } from '../support/tools.ts';

const CYCLONEDX = 'cyclonedx-python-lib[json-validation]==11.12.0';
/** Licences that allow what we do: to pass code on, changed, with their text beside it. */
const LICENCES = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

interface Bill {
  components: { name: string; version: string; purl: string; scope: string; licenses: [{ license: { id: string } }] }[];
}

const modules = dirname(dirname(dirname(installedBin())));

describe('the package', () => {
  it('is at most 400 KB, and brings at most two packages with it', () => {
    expect(statSync(tarball()).size).toBeLessThanOrEqual(400 * 1024);
    const names = readdirSync(modules).flatMap(name =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map(part => `${name}/${part}`) : [name],
    );
    expect(names.filter(name => !name.startsWith('.')).length).toBeLessThanOrEqual(3);
  });

  it('holds what is used, and nothing of the checkout besides', () => {
    const { stdout } = spawnSync('tar', ['-tzf', tarball()], { encoding: 'utf8' });
    const top = new Set(stdout.split('\n').flatMap(path => path.split('/')[1] ?? []));
    const wanted = ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json', 'schemas', 'templates'];
    expect([...top].sort()).toEqual(wanted);
  });

  it('says what it holds of other people’s work: a bill of materials that is valid and complete', () => {
    const folder = temporary();
    expect(spawnSync('tar', ['-xzf', tarball(), '-C', folder]).status).toBe(0);
    const dist = join(folder, 'package', 'dist');
    const bill = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8')) as Bill;
    const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    writeFileSync(join(folder, 'bad.json'), JSON.stringify({ ...bill, components: [{ name: 'x' }] }));
    const check = [
      'import pathlib, sys',
      'from cyclonedx.schema import SchemaVersion',
      'from cyclonedx.validation.json import JsonStrictValidator',
      'validator = JsonStrictValidator(SchemaVersion.V1_5)',
      'print([not validator.validate_str(pathlib.Path(file).read_text()) for file in sys.argv[1:]])',
    ].join('\n');
    const files = [join(dist, 'sbom.cdx.json'), join(folder, 'bad.json')];
    expect(pythonTool(CYCLONEDX, ['python', '-c', check, ...files], folder).stdout).toBe('[True, False]\n');
    // What npm itself says of these packages is the same.
    const npm = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      cwd: repository,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const known = new Map((JSON.parse(npm.stdout) as Bill).components.map(one => [one.purl, one]));
    for (const { purl, name, version, licenses, scope } of bill.components) {
      expect(known.get(purl), purl).toMatchObject({ name, version, licenses });
      const [{ license }] = licenses;
      expect(LICENCES, `${purl} has a licence that nobody has looked at`).toContain(license.id);
      if (scope === 'required') expect(notices).toContain(`${name} ${version} (${license.id})`);
    }
    // Code of a package that the bill does not name would have come from somewhere else.
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['commander', 'js-yaml', 'jose', 'zod', '@napi-rs/keyring']));
    expect(names).not.toContain('vitest');
    expect(notices).not.toContain('undefined');
    expect(notices.match(/Apache License\s+Version 2\.0, January/g)).toBeNull();
  });

  it('needs no other package: all but the keychain is in it', () => {
    const { dependencies, peerDependencies, optionalDependencies, scripts } = JSON.parse(
      readFileSync(join(modules, 'hotpass-bootstrap', 'package.json'), 'utf8'),
    );
    expect([dependencies, peerDependencies, Object.keys(optionalDependencies)]).toEqual([
      undefined,
      undefined,
      ['@napi-rs/keyring'],
    ]);
    // Exact, since what a range allows tomorrow was not tested today.
    expect(optionalDependencies['@napi-rs/keyring']).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(scripts)).not.toEqual(expect.arrayContaining([expect.stringMatching(/install$/)]));
    const builtin = new Set(builtinModules);
    const files = readdirSync(join(modules, 'hotpass-bootstrap', 'dist'), { recursive: true, encoding: 'utf8' });
    const needed = files
      .filter(file => file.endsWith('.js'))
      .flatMap(file => {
        const text = readFileSync(join(modules, 'hotpass-bootstrap', 'dist', file), 'utf8');
        return [...text.matchAll(/(?:\brequire|createRequire\)\([^`]*\.href\))\(["'`]([^"'`]+)["'`]\)/g)].map(
          ([, name = '']) => name,
        );
      });
    const foreign = needed.filter(name => !/^(node:|\.)/.test(name) && !builtin.has(name));
    expect([...new Set(foreign)]).toEqual(['@napi-rs/keyring']);
  });

  it('prints no address of a proxy, whatever DEBUG asks libraries to tell', () => {
    const machine = new Machine();
    const env = { DEBUG: '*', HTTPS_PROXY: 'http://me:canary-of-a-proxy@127.0.0.1:9', NO_PROXY: '' };
    const clone = machine.clone();
    const told = machine.run(clone, ['doctor', '--env', 'staging'], { env });
    expect(told.stdout + told.stderr).toContain('HB');
    expect(told.stdout + told.stderr).not.toContain('canary');
  });
});
