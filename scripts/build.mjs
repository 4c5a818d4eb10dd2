// Bundles src/ into dist/: the command line and the keychain worker, heavy parts in chunks loaded when used.
// CommonJS, because Node's loader for ES modules costs an idle run more than all of our own code
// (docs/decisions has the figures), and rolldown, because it splits CommonJS output into chunks.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: { cli: 'src/cli.ts', 'keychain-worker': 'src/secrets/keychain-worker.ts' },
  platform: 'node',
  external: ['@napi-rs/keyring'],
  resolve: { mainFields: ['module', 'main'] },
  transform: { target: 'node20.19' },
});
const format = {
  dir: dist,
  format: 'cjs',
  exports: 'named',
  minify: !process.env.HB_DEBUG,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
};
const hot = everyDay((await bundle.generate(format)).output);
const { output } = await bundle.write({
  ...format,
  codeSplitting: { groups: [{ name: 'hot', test: id => hot.has(id) }] },
});
writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}\n');
if (process.argv.includes('--sizes')) {
  for (const file of output) console.log(`${file.code?.length ?? 0}\t${file.fileName}`);
}

/**
 * The modules that an idle `setup` loads. They go into one file: opening forty costs more than reading one.
 * @param chunks a build without this grouping.
 */
function everyDay(chunks) {
  const byName = new Map(chunks.map(chunk => [chunk.fileName, chunk]));
  const entries = ['src/cli.ts', 'src/commands/setup.ts', 'src/commands/setup-end.ts'].map(file => join(root, file));
  const open = chunks.filter(chunk => entries.includes(chunk.facadeModuleId)).map(chunk => chunk.fileName);
  const seen = new Set();
  const modules = new Set();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const chunk = byName.get(name);
    for (const id of Object.keys(chunk.modules)) modules.add(id);
    open.push(...chunk.imports.filter(file => byName.has(file)));
  }
  return modules;
}
