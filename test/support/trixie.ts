import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Outcome } from './machine.ts';
import { otherNode } from './other-node.ts';
import { installedBin } from './pack.ts';
import { cache } from './tools.ts';

const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** A second real system: Debian trixie in a folder, with a Python and nothing of ours. Needs root. */
export interface Trixie {
  /** HOME in it, and where that is from outside. */
  home: { inside: string; outside: string };
  /** Runs the command in it, with its own Node; the network is that of this machine. */
  run(cwd: string, args: readonly string[], env?: Record<string, string>): Promise<Outcome>;
  /** Adds an authority (PEM) to those that the system trusts. */
  trust(ca: string): void;
}

/** Makes the system when it is not there yet (some 90 packages), and gives it an empty HOME and the packed tarball. */
export function trixie(): Trixie {
  const system = debootstrapped();
  for (const old of ['opt', 'home']) rmSync(join(system, old), { recursive: true, force: true });
  const packages = dirname(dirname(dirname(installedBin())));
  cpSync(packages, join(system, 'opt', 'tool'), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(system, 'opt', 'node', 'bin'), { recursive: true });
  cpSync(otherNode('24.21.0'), join(system, 'opt', 'node', 'bin', 'node'));
  mkdirSync(join(system, 'home', 'ana'), { recursive: true });
  // The way to the network, as an administrator would give it: names, authorities, the package index.
  for (const file of ['/etc/resolv.conf', '/etc/hosts', '/etc/pip.conf', BUNDLE]) {
    mkdirSync(dirname(join(system, file)), { recursive: true });
    if (existsSync(file)) writeFileSync(join(system, file), readFileSync(file));
  }
  const bin = join('/opt/tool', relative(packages, installedBin()));
  const home = { inside: '/home/ana', outside: join(system, 'home', 'ana') };
  return {
    home,
    trust: ca => writeFileSync(join(system, BUNDLE), `${readFileSync(BUNDLE, 'utf8')}\n${ca}`),
    async run(cwd, args, env = {}) {
      const script = 'mount -t proc proc "$1/proc"; exec chroot "$1" /usr/bin/env -i -C "$2" "${@:3}"';
      const own = { HOME: home.inside, PATH: '/opt/node/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...env };
      const variables = Object.entries(own).map(([name, value]) => `${name}=${value}`);
      const inside = ['unshare', '--mount', 'bash', '-c', script, 'bash', system, cwd, ...variables];
      const child = spawn(inside[0] ?? '', [...inside.slice(1), '/opt/node/bin/node', bin, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = [text(child.stdout), text(child.stderr)];
      const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code, signal) => resolve({ code, signal }));
      });
      const [stdout = '', stderr = ''] = await Promise.all(said);
      return { ...(await ended), stdout, stderr };
    },
  };
}

/**
 * The first stage of debootstrap, with everything unpacked. Its second stage, which configures, is left out: it takes
 * twice as long, and nothing that is tested here needs it.
 */
function debootstrapped(): string {
  const target = join(cache, `trixie-${process.arch}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'staging-'));
  const options = ['--foreign', '--variant=minbase', '--include=python3-minimal,libpython3-stdlib'];
  const made = spawnSync('debootstrap', [...options, 'trixie', staging, ...mirror()], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`debootstrap failed: ${made.error ?? ''}${made.stdout?.slice(-2000)}`);
  const archives = join(staging, 'var', 'cache', 'apt', 'archives');
  for (const name of readdirSync(archives).filter(file => file.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(archives, name), staging]);
    rmSync(join(archives, name));
  }
  writeFileSync(join(staging, 'etc', 'passwd'), 'root:x:0:0:root:/home/ana:/bin/bash\n');
  renameSync(staging, target);
  return target;
}

/** The mirror that apt uses here, if it says so. */
function mirror(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []),
  ];
  const lines = files.filter(existsSync).flatMap(file => readFileSync(file, 'utf8').split('\n'));
  const urls = lines.flatMap(
    line => /^(?:URIs:|deb(?: \[[^\]]*\])?) +(https?:\/\/\S+\/debian)\/?(?: |$)/.exec(line)?.[1] ?? [],
  );
  return urls.slice(0, 1);
}
