// Bundles src/ into dist/: the command line and the keychain worker, heavy parts in chunks loaded when used.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Options shared by the release build and the bundles that tests make. */
export const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  external: ['@napi-rs/keyring'],
  // CommonJS libraries ask for node's own modules with require().
  banner: { js: "import{createRequire as hbRequire}from'node:module';const require=hbRequire(import.meta.url);" },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { metafile } = await build({
    ...options,
    entryPoints: { cli: 'src/cli.ts', 'keychain-worker': 'src/secrets/keychain-worker.ts' },
    outdir: 'dist',
    splitting: true,
    minify: !process.env.HB_DEBUG,
    legalComments: 'none',
    metafile: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  if (process.argv.includes('--sizes')) {
    for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${bytes}\t${file}`);
  }
}
