import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherNode } from './other-node.ts';
import { cache } from './tools.ts';

const VERSION = '6.10.4';

export interface Registry {
  url: string;
  /** Publishes a tarball, as a maintainer does. */
  publish(tarball: string): void;
  stop(): Promise<void>;
}

/**
 * A package registry on loopback: Verdaccio with an empty storage. Packages in the scopes named come from the registry
 * that npm uses here; all others only from what is published in the test.
 */
export async function verdaccio(folder: string, scopes: readonly string[]): Promise<Registry> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const open = '{ access: $all, publish: $all';
  const rules = [...scopes.map(scope => `  '${scope}/*': ${open}, proxy: upstream }`), `  '**': ${open} }`];
  const config = join(folder, 'config.yaml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    config,
    `storage: ${join(folder, 'storage')}
web: { enable: false }
uplinks: { upstream: { url: '${upstream}', timeout: 60s } }
packages:
${rules.join('\n')}
log: { type: stdout, format: json, level: warn }
`,
  );
  const child = spawn(otherNode('24.21.0'), [program(), '--config', config, '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries === 300 || child.exitCode !== null) throw new Error(`verdaccio does not start: ${said}`);
    await sleep(100);
  }
  const publish = (tarball: string): void => {
    const npmrc = join(folder, 'npmrc');
    writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`);
    const args = ['publish', tarball, '--userconfig', npmrc, '--ignore-scripts', '--provenance=false'];
    const result = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`npm publish failed: ${result.stderr}${said}`);
  };
  return { url, publish, stop: () => end(child) };
}

/** Fetched once. One of its packages is asked for by a tag that mirrors may not have, so its version is given. */
function program(): string {
  const target = join(cache, `verdaccio-${VERSION}`);
  const bin = join(target, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
  if (existsSync(bin)) return bin;
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'staging-'));
  const wanted = { private: true, dependencies: { verdaccio: VERSION }, overrides: { 'node-fetch': '2.7.0' } };
  writeFileSync(join(staging, 'package.json'), JSON.stringify(wanted));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const npm = spawnSync('npm', args, { cwd: staging, encoding: 'utf8' });
  if (npm.status !== 0) throw new Error(`verdaccio cannot be fetched: ${npm.stderr}`);
  try {
    renameSync(staging, target);
  } catch {
    rmSync(staging, { recursive: true, force: true }); // Another test was faster.
  }
  return bin;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}-/ping`).then(
    response => response.ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.on('close', () => resolve());
    child.kill();
  });
}
