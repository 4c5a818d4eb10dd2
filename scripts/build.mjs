// Bundles src/ into dist/: the command line and the keychain worker, heavy parts in chunks loaded when used.
// CommonJS, because Node's loader for ES modules costs an idle run more than all of our own code
// (docs/decisions has the figures), and rolldown, because it splits CommonJS output into chunks.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { writeBill } from './bundled.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const options = {
  cwd: root,
  platform: 'node',
  external: ['@napi-rs/keyring'],
  resolve: {
    mainFields: ['module', 'main'],
    alias: {
      // The TOML parser adds the node types of JavaScript to its own, for a walk over the tree that nobody here takes.
      'eslint-visitor-keys': join(root, 'scripts', 'no-visitor-keys.mjs'),
      debug: join(root, 'scripts', 'no-debug.mjs'),
      long: join(root, 'scripts', 'small-long.cjs'),
      'wrap-ansi': join(root, 'scripts', 'wrap-ansi.mjs'),
    },
  },
  transform: { target: 'node20.19' },
  // Groups bring modules together that are loaded apart elsewhere: that is meant.
  checks: { ineffectiveDynamicImport: false },
};
const format = {
  dir: dist,
  format: 'cjs',
  exports: 'named',
  minify: !process.env.HB_DEBUG,
  // Licences stand in a file of their own.
  comments: false,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // publint takes the imports of a Python program in one of our strings for ES modules, unless it sees CommonJS too.
  postBanner: 'module.exports;',
};
const bundle = await rolldown({ ...options, input: { cli: 'src/cli.ts' } });
// The worker shares no chunk with the rest: it would load all that stands beside the few lines they have in common.
const worker = await rolldown({ ...options, input: { 'keychain-worker': 'src/secrets/keychain-worker.ts' } });
const { output: alone } = await worker.write({ ...format, codeSplitting: false });
const chunks = (await bundle.generate(format)).output;
// What is loaded together stands in one file each: opening forty costs more. The first that wants a module has it, so the
// order is that of how often, and how much in a hurry, people call them.
const together = Object.entries({
  front: ['src/cli.ts'],
  run: ['src/commands/run.ts'],
  words: ['src/commands/parse.ts', 'src/commands/help.ts'],
  shown: [
    'terminal/errors-view',
    'terminal/json-view',
    'terminal/style',
    'system/disk-error',
    'system/command-name',
  ].map(name => `src/${name}.ts`),
  secrets: [
    'src/commands/session.ts',
    'src/commands/secret-values.ts',
    'src/secrets/choose.ts',
    'src/secrets/open.ts',
    'src/commands/run-masking.ts',
  ],
  workspace: ['src/engine/workspace.ts'],
  judge: ['src/manifest/judge.ts'],
  complete: ['src/commands/complete.ts'],
  measure: ['src/commands/measure.ts'],
  env: ['src/commands/env.ts'],
  http: ['src/system/http.ts'],
  setup: ['src/commands/setup.ts', 'src/commands/setup-end.ts'],
}).map(([name, files]) => ({ name, modules: loadedBy(chunks, files) }));
const { output } = await bundle.write({
  ...format,
  codeSplitting: {
    groups: [
      ...together.map(({ name, modules }, at) => ({
        name,
        test: id => modules.has(id),
        priority: together.length - at,
      })),
      // What belongs together elsewhere, so that the package is not a hundred small files, which compress badly.
      { name: 'vault', test: /\/src\/(secrets|commands)\/vault-/ },
      { name: 'python', test: /\/src\/(system\/uv-release|steps\/(python\/other-index|uv-install))|yauzl/ },
      { name: 'strays', test: /\/src\/(secrets\/(scan|import)\/|commands\/(secrets-)?(scan|import)|engine\/import-)/ },
      { name: 'store', test: /\/src\/(secrets\/|commands\/secrets?-|commands\/live-|[a-z]+\/live-check)/ },
      { name: 'profile', test: /\/src\/(commands\/profile|steps\/prefect\/)/ },
      { name: 'figures', test: /\/src\/(onboarding\/|commands\/(report|measure))/ },
      { name: 'telemetry', test: /\/src\/(telemetry\/|commands\/telemetry)|@opentelemetry/ },
      { name: 'ci', test: /\/src\/(terminal\/ci\/|commands\/ci-)/ },
      {
        name: 'asking',
        test: /\/src\/(terminal\/(prompt|secret-input|held-keys|project-page)|commands\/(passphrase|onboarding-q))/,
      },
      { name: 'shells', test: /\/src\/commands\/(env|complet)/ },
      { name: 'manifest', test: /\/src\/manifest\/[a-z-]+\.ts$/ },
    ],
  },
});
writeBill(root, dist, [...output, ...alone]);
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
  // A file that others import besides is a module of a chunk without being its face.
  const open = chunks.filter(chunk => entries.some(entry => entry in chunk.modules)).map(chunk => chunk.fileName);
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
