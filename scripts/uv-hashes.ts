/**
 * Writes src/system/uv-hashes.ts: the SHA-256 of every wheel of one uv version, as the package index gives them now.
 * Run it when the default version is raised, with a Node that reads TypeScript (22.18 or newer):
 * `node scripts/uv-hashes.ts 0.13.9`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePackageIndex } from '../src/system/package-index.ts';
import { fetchProjectPage } from '../src/system/project-page.ts';
import { parseWheelName } from '../src/system/uv-wheels.ts';

const version = process.argv[2];
if (version === undefined) throw new Error('usage: uv-hashes.ts VERSION');
const network = { env: process.env };
const index = await choosePackageIndex(process.env, import.meta.dirname);
const files = await fetchProjectPage(index, 'uv', { network });
const wheels = files.filter(file => parseWheelName(file.filename)?.version === version);
if (wheels.length === 0) throw new Error(`${index.url.host} has no uv ${version}`);
const rows = wheels
  .map(file => `  '${file.filename}':\n    '${file.sha256}',`)
  .sort()
  .join('\n');
const target = join(import.meta.dirname, '..', 'src', 'system', 'uv-hashes.ts');
writeFileSync(
  target,
  `// Written by scripts/uv-hashes.ts; do not edit by hand.

/** The uv that is fetched when the workspace's range allows it. */
export const DEFAULT_UV = '${version}';

/** SHA-256 of its wheels; they are believed before what an index says. */
export const UV_HASHES: Readonly<Record<string, string>> = {
${rows}
};
`,
);
spawnSync('npx', ['biome', 'check', '--write', target], { stdio: 'inherit' });
