import { join } from 'node:path';
import * as tls from 'node:tls';
import type { Env } from './environment.ts';
import { namesIn, readText, realPath } from './files.ts';
import type { NpmNetwork } from './npmrc.ts';

/** The bundle of the system's administrator, where distributions keep it. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Certificate authorities to trust: Node's own roots and the system's, and added to them what SSL_CERT_FILE,
 * SSL_CERT_DIR, NODE_EXTRA_CA_CERTS and npm's cafile name. A file that cannot be read adds nothing; `unreadable` names
 * it for the error message.
 */
export function trustedRoots(env: Env, npm: NpmNetwork = {}): { ca: string[]; unreadable: string[] } {
  const unreadable: string[] = [];
  const read = (name: string, path: string | undefined): string[] => {
    if (!path) return [];
    const pem = certificatesIn(path);
    if (pem === undefined) unreadable.push(`${name} (${path})`);
    return pem ?? [];
  };
  const bundle = SYSTEM_BUNDLES.map(certificatesIn).find(pem => pem !== undefined) ?? [];
  const ca = new Set([
    ...tls.rootCertificates.map(pem => pem.trim()),
    ...systemStore(),
    ...bundle,
    ...read('SSL_CERT_FILE', env['SSL_CERT_FILE']),
    ...(env['SSL_CERT_DIR'] ?? '').split(':').flatMap(certificatesInFolder),
    ...read('NODE_EXTRA_CA_CERTS', env['NODE_EXTRA_CA_CERTS']),
    ...read('cafile in .npmrc', npm.cafile),
  ]);
  return { ca: [...ca], unreadable };
}

/** Keychain and Windows store: newer Nodes can read them. */
function systemStore(): readonly string[] {
  const get = (tls as { getCACertificates?: (kind: 'system') => string[] }).getCACertificates;
  if (process.platform === 'linux' || !get) return [];
  return get('system').map(pem => pem.trim());
}

/** The certificates of a PEM file, or undefined when it cannot be read or holds none. */
export function certificatesIn(path: string): string[] | undefined {
  let text: string | undefined;
  try {
    text = readText(path);
  } catch {
    return undefined;
  }
  return text?.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? undefined;
}

function certificatesInFolder(folder: string): string[] {
  if (folder === '') return [];
  let names: string[] = [];
  try {
    names = namesIn(folder);
  } catch {
    return [];
  }
  const files = new Set(names.map(name => realPath(join(folder, name))));
  return [...files].flatMap(file => (file === undefined ? [] : (certificatesIn(file) ?? [])));
}
