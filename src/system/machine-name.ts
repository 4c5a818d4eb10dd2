import { release } from 'node:os';
import { readText } from './files.ts';
import { inContainer } from './platform.ts';

/** What this machine is, for people: `Debian GNU/Linux 12 (bookworm), x64, Node 22.12.0`. */
export function machineName(platform: NodeJS.Platform = process.platform): string {
  const place = isWsl() ? ', in WSL' : inContainer() ? ', in a container' : '';
  return `${systemName(platform)}, ${process.arch}, Node ${process.versions.node}${place}`;
}

/** The name a distribution gives itself (os-release(5)), else the kernel's. */
function systemName(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return `macOS (Darwin ${release()})`;
  if (platform === 'win32') return `Windows ${release()}`;
  const text = readText('/etc/os-release') ?? readText('/usr/lib/os-release') ?? '';
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? `${platform} ${release()}`;
}

function isWsl(): boolean {
  return /microsoft/i.test(release());
}
