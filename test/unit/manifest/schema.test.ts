import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../../support/tools.ts';

interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
}

it('the shipped JSON Schema is what the validator’s source says', () => {
  execFileSync(process.execPath, [join(repository, 'scripts', 'schema.mjs'), '--check'], { stdio: 'pipe' });
});

it('it closes every table and describes every top-level key', () => {
  const schema = JSON.parse(readFileSync(join(repository, 'schemas', 'manifest.schema.json'), 'utf8')) as JsonSchema;
  const open: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, additionalProperties } = node as JsonSchema;
    if (properties && additionalProperties !== false) open.push(path);
    for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`);
  };
  walk(schema, '');
  expect(open).toEqual([]);
  expect(Object.entries(schema.properties ?? {}).filter(([, entry]) => !entry.description)).toEqual([]);
});
