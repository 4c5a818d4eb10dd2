// Writes schemas/manifest.schema.json from the validator's own source (src/manifest/schema.ts), so that both say the same.
// `--check` writes nothing and fails when the file is not what would be written.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'schemas', 'manifest.schema.json');

/** The JSON Schema of a manifest, as the text of the shipped file. */
export async function manifestJsonSchema() {
  const folder = mkdtempSync(join(tmpdir(), 'hb-schema-'));
  try {
    const outfile = join(folder, 'schema.mjs');
    await build({
      absWorkingDir: root,
      stdin: {
        contents:
          "export { descriptions, manifestSchema, shapes } from './src/manifest/schema.ts'; export { toJSONSchema } from 'zod/mini';",
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      logLevel: 'error',
    });
    const { descriptions, manifestSchema, shapes, toJSONSchema } = await import(pathToFileURL(outfile).href);
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
    return `${JSON.stringify(named, null, 2)}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await manifestJsonSchema();
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error(
        'schemas/manifest.schema.json is not what src/manifest/schema.ts says: run `node scripts/schema.mjs`.',
      );
      process.exitCode = 1;
    }
  } else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
