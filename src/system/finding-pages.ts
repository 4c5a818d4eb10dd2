import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { readBytes } from './files.ts';
import { packageRoot } from './package-root.ts';

/**
 * The pages of all findings by id, as Markdown. They are shipped in one compressed file: as 270 files they would be an
 * eighth of the package. Empty in a checkout that is not built.
 */
export function findingPages(): ReadonlyMap<string, string> {
  const bytes = readBytes(join(packageRoot(), 'dist', 'findings.json.br'));
  if (bytes === undefined) return new Map();
  return new Map(Object.entries(JSON.parse(brotliDecompressSync(bytes).toString('utf8')) as Record<string, string>));
}
