// Writes schemas/ from the validators' own source (src/manifest/schema.ts, src/commands/documents.ts,
// src/commands/answers-schema.ts), so that both say the same.
// `--check` writes nothing and fails when the file is not what would be written.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folderOfSchemas = join(root, 'schemas');

/** The shipped files by name: the JSON Schemas of a manifest, of an answers file, and of what `--json` prints. */
async function jsonSchemas() {
  const folder = mkdtempSync(join(tmpdir(), 'hb-schema-'));
  try {
    const outfile = join(folder, 'schema.mjs');
    await build({
      absWorkingDir: root,
      stdin: {
        contents:
          "export { descriptions, manifestSchema, shapes } from './src/manifest/schema.ts'; export { output } from './src/commands/documents.ts'; export { answerDescriptions, answersSchema } from './src/commands/answers-schema.ts'; export { toJSONSchema } from 'zod/mini';",
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      logLevel: 'error',
    });
    const { answerDescriptions, answersSchema, descriptions, manifestSchema, output, shapes, toJSONSchema } =
      await import(pathToFileURL(outfile).href);
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
    const answers = {
      title: 'Answers for hotpass-bootstrap setup --answers',
      description: 'What flags and the questions of the wizard can say; never a secret',
      ...toJSONSchema(answersSchema, {
        io: 'input',
        override: ({ zodSchema, jsonSchema }) => {
          const description = answerDescriptions.get(zodSchema);
          if (description) jsonSchema.description = description;
        },
      }),
    };
    // A line for each value, so that changes can be read; without the spaces before them the package is 1 KB smaller.
    const text = value => `${JSON.stringify(value, null, 1).replace(/^ +/gm, '')}\n`;
    return {
      'answers.schema.json': text(answers),
      'manifest.schema.json': text(named),
      'output.schema.json': text(printed),
    };
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
