import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, repository } from './tools.ts';

const folder = join(cache, 'pack');

/** Builds, packs and installs the tarball once for all end-to-end tests, as a user would get it. */
export default function setup(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'installed'), { recursive: true });
  const npm = (args: string[], cwd: string): void => {
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
  npm(['pack', '--ignore-scripts', '--pack-destination', folder, '--loglevel=error'], repository);
  npm(
    ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', join(folder, 'installed'), tarball()],
    folder,
  );
}

/** The packed tarball. */
export function tarball(): string {
  const name = readdirSync(folder).find(file => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack made no tarball');
  return join(folder, name);
}

/** The command as it lies in the installed package; run it with the Node under test. */
export function installedBin(): string {
  const bin = join(folder, 'installed', 'node_modules', 'hotpass-bootstrap', 'bin', 'hotpass-bootstrap.cjs');
  if (!existsSync(bin)) throw new Error('the package is not installed; run the e2e project of vitest');
  return bin;
}
