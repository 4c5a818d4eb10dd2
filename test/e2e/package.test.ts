import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { installedBin, tarball } from '../support/pack.ts';

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

  it('prints no address of a proxy, whatever DEBUG asks libraries to tell', () => {
    const machine = new Machine();
    const env = { DEBUG: '*', HTTPS_PROXY: 'http://me:canary-of-a-proxy@127.0.0.1:9', NO_PROXY: '' };
    const clone = machine.clone();
    const told = machine.run(clone, ['doctor', '--env', 'staging'], { env });
    expect(told.stdout + told.stderr).toContain('HB');
    expect(told.stdout + told.stderr).not.toContain('canary');
  });
});
