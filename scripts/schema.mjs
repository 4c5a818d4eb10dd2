// Writes schemas/ from the validators' own source (src/manifest/schema.ts, src/commands/documents.ts), so that both say
// the same.
// `--check` writes nothing and fails when the file is not what would be written.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folderOfSchemas = join(root, 'schemas');

/** The shipped files by name: the JSON Schema of a manifest, and that of what `--json` prints. */
async function jsonSchemas() {
  const folder = mkdtempSync(join(tmpdir(), 'hb-schema-'));
  try {
    const outfile = join(folder, 'schema.mjs');
    await build({
      absWorkingDir: root,
      stdin: {
        contents:
          "export { descriptions, manifestSchema, shapes } from './src/manifest/schema.ts'; export { output } from './src/commands/documents.ts'; export { toJSONSchema } from 'zod/mini';",
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      logLevel: 'error',
    });
    const { descriptions, manifestSchema, output, shapes, toJSONSchema } = await import(pathToFileURL(outfile).href);
    const schema = toJSONSchema(manifestSchema, {
      io: 'input',
      override: ({ zodSchema, jsonSchema }) => {
        const description = descriptions.get(zodSchema);
        if (description) jsonSchema.description = description;
        const shape = shapes.get(zodSchema);
        if (shape) jsonSchema.pattern = shape.source;
      },
    });
    const { $schema, ...rest } = schema;
    const named = {
      $schema,
      title: 'hotpass-bootstrap.toml',
      description: 'What a uv + Prefect + OpenTelemetry workspace asks of a machine',
      ...rest,
    };
    const printed = { title: 'What hotpass-bootstrap prints with --json', ...toJSONSchema(output) };
    const text = value => `${JSON.stringify(value, null, 2)}\n`;
    return { 'manifest.schema.json': text(named), 'output.schema.json': text(printed) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [name, text] of Object.entries(await jsonSchemas())) {
  const target = join(folderOfSchemas, name);
  if (!process.argv.includes('--check')) {
    mkdirSync(folderOfSchemas, { recursive: true });
    writeFileSync(target, text);
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    console.error(`schemas/${name} is not what the source says: run \`node scripts/schema.mjs\`.`);
    process.exitCode = 1;
  }
}
