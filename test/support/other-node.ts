import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './tools.ts';

/** A real Node of another version, from the package that npm has of it; fetched once. */
export function otherNode(version: string): string {
  const name = `node-linux-${process.arch}`;
  const target = join(cache, 'nodes', version);
  const binary = join(target, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(join(cache, 'nodes'), { recursive: true });
  const staging = mkdtempSync(join(cache, 'nodes', 'staging-'));
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', staging];
  const npm = spawnSync('npm', ['install', ...options, `${name}@${version}`], { encoding: 'utf8' });
  if (npm.status !== 0) throw new Error(`Node ${version} cannot be fetched: ${npm.stderr}`);
  try {
    renameSync(staging, target);
  } catch {
    rmSync(staging, { recursive: true, force: true });
  }
  return binary;
}
