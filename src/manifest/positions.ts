import type { AST } from 'toml-eslint-parser';
import type { Path, Problem } from './problems.ts';

/** Line and column in a file, both from 1; columns count UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

interface Place {
  key: Position;
  value: Position;
}

/**
 * Where things stand in a TOML document. The parser with positions is loaded only when there is something to say.
 * @param text a document that smol-toml accepted.
 */
export async function positionsIn(text: string): Promise<(path: Path, atKey: boolean) => Position> {
  const { parseTOML } = await import('toml-eslint-parser');
  const places = new Map<string, Place>();
  let program: AST.TOMLProgram | undefined;
  try {
    program = parseTOML(text, { tomlVersion: '1.1' });
  } catch {
    // The two parsers disagree about the document: every place becomes the top of the file.
  }
  for (const node of program?.body[0].body ?? []) {
    if (node.type === 'TOMLTable') addTable(node, places);
    else addPair(node, [], places);
  }
  return (path, atKey) => nearestPlace(places, path, atKey);
}

/** The place of a path, or of the nearest table that holds it. */
function nearestPlace(places: ReadonlyMap<string, Place>, path: Path, atKey: boolean): Position {
  const exact = places.get(JSON.stringify(path));
  if (exact) return atKey ? exact.key : exact.value;
  for (let length = path.length - 1; length > 0; length--) {
    const place = places.get(JSON.stringify(path.slice(0, length)));
    if (place) return place.key;
  }
  return { line: 1, column: 1 };
}

function addTable(table: AST.TOMLTable, places: Map<string, Place>): void {
  const path = table.resolvedKey;
  const at = positionOf(table);
  addParents(path, table.key.keys, at, places);
  for (const pair of table.body) addPair(pair, path, places);
}

function addPair(pair: AST.TOMLKeyValue, above: Path, places: Map<string, Place>): void {
  const keys = pair.key.keys;
  const path = [...above, ...keys.map(keyText)];
  addParents(path, keys, positionOf(pair.key), places);
  places.set(JSON.stringify(path), { key: positionOf(keys.at(-1) ?? pair), value: positionOf(pair.value) });
  addValue(pair.value, path, places);
}

/** Dotted keys and headers also create the tables they pass through. */
function addParents(path: Path, keys: readonly AST.TOMLNode[], at: Position, places: Map<string, Place>): void {
  for (let length = 1; length <= path.length; length++) {
    const id = JSON.stringify(path.slice(0, length));
    const key = keys[length - 1 - (path.length - keys.length)];
    if (!places.has(id)) places.set(id, { key: key ? positionOf(key) : at, value: at });
  }
}

function addValue(value: AST.TOMLContentNode, path: Path, places: Map<string, Place>): void {
  if (value.type === 'TOMLArray') {
    value.elements.forEach((element, index) => {
      const here = [...path, index];
      places.set(JSON.stringify(here), { key: positionOf(element), value: positionOf(element) });
      addValue(element, here, places);
    });
  }
  if (value.type === 'TOMLInlineTable') for (const pair of value.body) addPair(pair, path, places);
}

function keyText(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function positionOf(node: { loc: AST.SourceLocation }): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}

/** Problems with their places, in the order of the file. */
export async function placed(
  text: string,
  problems: readonly Problem[],
  prefix: Path,
): Promise<(Problem & { at: Position })[]> {
  const find = await positionsIn(text);
  return problems
    .map(problem => ({ ...problem, at: find([...prefix, ...problem.path], problem.atKey) }))
    .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}
