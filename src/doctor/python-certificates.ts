import { resolve } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { type Env, isSet } from '../system/environment.ts';
import { namesIn, readText, statOf } from '../system/files.ts';
import { npmNetwork } from '../system/npmrc.ts';
import type { MachineCheck } from './check.ts';

/** Certificate authorities that variables name, and who believes them (each seen with uv 0.13.9, Node 20, httpx 0.28). */
export const certificates: MachineCheck = {
  title: 'Certificates named by variables',
  about: 'machine',
  run: async ({ env }) => [...VARIABLES.flatMap(variable => unusable(variable, env)), ...partial(env)],
};

interface Variable {
  name: string;
  /** What a single path may be. */
  kind: 'file' | 'folders' | 'either';
  level: 'fail' | 'warn';
  effect: string;
}

const VARIABLES: readonly Variable[] = [
  {
    name: 'SSL_CERT_FILE',
    kind: 'file',
    level: 'fail',
    effect: "uv then trusts no server at all, and Prefect's HTTP client does not start.",
  },
  { name: 'SSL_CERT_DIR', kind: 'folders', level: 'fail', effect: 'uv then trusts no server at all.' },
  {
    name: 'NODE_EXTRA_CA_CERTS',
    kind: 'file',
    level: 'warn',
    effect: 'Node goes on without it, so servers of your organisation are not trusted.',
  },
  {
    name: 'REQUESTS_CA_BUNDLE',
    kind: 'either',
    level: 'warn',
    effect: 'Programs in Python that use requests fail on every HTTPS address.',
  },
  {
    name: 'CURL_CA_BUNDLE',
    kind: 'either',
    level: 'warn',
    effect: 'curl, and programs in Python that use requests, fail on every HTTPS address.',
  },
];

function unusable({ name, kind, level, effect }: Variable, env: Env): Finding[] {
  const value = env[name];
  if (!value) return [];
  const paths = kind === 'folders' ? value.split(':').filter(path => path !== '') : [value];
  const faults = paths.map(path => fault(path, kind));
  // Of several folders one is enough.
  const said = faults.every(one => one !== undefined) ? faults[0] : undefined;
  if (said === undefined) return [];
  const fix = { command: `unset ${name}`, safe: false };
  return [finding('HB285', level, `${name} names ${value}, which ${said}.`, effect, fix)];
}

function fault(path: string, kind: Variable['kind']): string | undefined {
  const stats = statOf(resolve(path));
  if (!stats) return 'is not there';
  if (stats.isDirectory()) {
    if (kind === 'file') return 'is a folder';
    return namesIn(resolve(path)).length === 0 ? 'is empty' : undefined;
  }
  if (kind === 'folders') return 'is not a folder';
  const count = certificatesIn(path);
  if (count === undefined) return 'cannot be read';
  return count === 0 ? 'holds no certificate in PEM form' : undefined;
}

/** How many certificates a PEM file holds; undefined when it cannot be read. */
function certificatesIn(path: string): number | undefined {
  try {
    return readText(resolve(path))?.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g)?.length ?? 0;
  } catch {
    return undefined;
  }
}

/** A store of public authorities has more than a hundred; an organisation's own file has a few. */
const FEW = 20;

function partial(env: Env): Finding[] {
  const file = env['SSL_CERT_FILE'];
  const count = file ? (certificatesIn(file) ?? 0) : 0;
  if (file && count > 0 && count < FEW) {
    const many = count === 1 ? 'one certificate' : `${count} certificates`;
    return [
      finding(
        'HB286',
        'info',
        `SSL_CERT_FILE names ${file}, which holds only ${many}.`,
        'It takes the place of all public authorities for uv and Python, so public servers are no longer trusted. A file with both, or UV_SYSTEM_CERTS=1 once the system trusts yours, serves both.',
      ),
    ];
  }
  const knows = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].some(name => env[name]) || SYSTEM.some(name => isSet(env[name]));
  const npm = npmNetwork(env).cafile;
  const extra = env['NODE_EXTRA_CA_CERTS'] || npm;
  if (knows || !extra || !certificatesIn(extra)) return [];
  return [
    finding(
      'HB286',
      'info',
      `${env['NODE_EXTRA_CA_CERTS'] ? 'NODE_EXTRA_CA_CERTS' : 'cafile of npm'} names ${extra}, which uv and Python do not read.`,
      'setup hands it on to uv when a certificate is not trusted; uv typed by hand may say "invalid peer certificate".',
      { command: 'export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1', safe: false },
    ),
  ];
}

/** Both spellings, since each uv knows only one (facts uv §2). */
const SYSTEM = ['UV_SYSTEM_CERTS', 'UV_NATIVE_TLS'];
