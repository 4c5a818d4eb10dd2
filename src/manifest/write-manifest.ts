import { type TomlTable, tomlTable } from '../telemetry/toml-writer.ts';
import type { Loaded } from './load.ts';

/**
 * The text of a manifest file that says what was inferred, or a template's text as it is (design §3).
 * Reading it gives the same manifest.
 */
export function manifestText(loaded: Loaded): string {
  if (loaded.text !== '') return loaded.text;
  const { manifest, workspace, environments } = loaded;
  const tables = [
    ...Object.entries(manifest.python?.profiles ?? {}).map(([name, profile]) => ({
      name: `python.profiles.${name}`,
      comment: name === 'core' ? 'what a plain `uv sync` installs; add extras = ["…"] or groups = ["…"]' : undefined,
      table: profile as TomlTable,
    })),
    ...environments.map((name, i) => ({
      name: `environments.${name}`,
      comment: i === 0 ? 'the default' : undefined,
      table: manifest.environments[name] as TomlTable,
    })),
  ];
  return [
    '# What a machine needs to work on this project. `hotpass-bootstrap plan` shows what is missing.',
    'schema = 1',
    `workspace = "${workspace}"`,
    ...tables.flatMap(({ name, comment, table }) => [
      '',
      ...(comment === undefined ? [] : [`# ${comment}`]),
      nested(name, table).trimEnd(),
    ]),
    '',
  ].join('\n');
}

/** `tomlTable` quotes a dotted name; each part is a bare key here, so the path is written as it is. */
function nested(name: string, table: TomlTable): string {
  const mark = 'TABLE';
  return tomlTable(mark, table).replaceAll(`[${mark}`, `[${name}`);
}
