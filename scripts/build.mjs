// Bundles src/ into dist/: the command line and the keychain worker, heavy parts in chunks loaded when used.
// CommonJS, because Node's loader for ES modules costs an idle run more than all of our own code
// (docs/decisions has the figures), and rolldown, because it splits CommonJS output into chunks.
import { execFileSync } from 'node:child_process';
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
  // Groups bring modules together that are loaded apart elsewhere: that is meant.
  checks: { ineffectiveDynamicImport: false },
});
const format = {
  dir: dist,
  format: 'cjs',
  exports: 'named',
  minify: !process.env.HB_DEBUG,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // publint takes the imports of a Python program in one of our strings for ES modules, unless it sees CommonJS too.
  postBanner: 'module.exports;',
};
const chunks = (await bundle.generate(format)).output;
// What every call loads, what `run` loads besides, and what a full `setup` does, in one file each: opening forty
// costs more.
const front = loadedBy(chunks, ['src/cli.ts']);
const run = loadedBy(chunks, ['src/commands/run.ts']);
const setup = loadedBy(chunks, ['src/commands/setup.ts', 'src/commands/setup-end.ts']);
const { output } = await bundle.write({
  ...format,
  codeSplitting: {
    groups: [
      { name: 'front', test: id => front.has(id), priority: 3 },
      { name: 'run', test: id => run.has(id), priority: 2 },
      { name: 'setup', test: id => setup.has(id), priority: 1 },
    ],
  },
});
writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}\n');
const bin = join(root, 'bin', 'hotpass-bootstrap.cjs');
writeFileSync(join(dist, 'help.txt'), execFileSync(process.execPath, [bin, 'help'], { encoding: 'utf8' }));
if (process.argv.includes('--sizes')) {
  for (const file of output) console.log(`${file.code?.length ?? 0}\t${file.fileName}`);
}

/**
 * The modules that these files load as soon as they are loaded themselves.
 * @param chunks a build without any grouping.
 */
function loadedBy(chunks, files) {
  const byName = new Map(chunks.map(chunk => [chunk.fileName, chunk]));
  const entries = files.map(file => join(root, file));
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
