import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

/**
 * A PowerShell script as the grammar for tree-sitter reads it: no PowerShell can be had on the machines that run these
 * tests, so its text is parsed instead.
 * @throws where the grammar finds an error, with the place.
 */
export async function parsePowershell(text: string): Promise<Node> {
  await Parser.init();
  const wasm = require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm');
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(wasm)));
  const root = parser.parse(text)?.rootNode;
  if (!root || root.hasError) throw new Error(`not PowerShell: ${firstError(root) ?? text}`);
  return root;
}

/**
 * What assignments of literals set, `undefined` for a variable that is removed. Anything but verbatim strings and
 * `[char]` numbers, joined with `+`, is an error: it would be for PowerShell to work out.
 */
export async function powershellAssignments(text: string): Promise<Record<string, string | undefined>> {
  const root = await parsePowershell(text);
  const out: Record<string, string | undefined> = {};
  for (const statement of root.descendantsOfType('assignment_expression')) {
    const name = /^\$env:(\w+)$/.exec(statement?.firstChild?.text ?? '')?.[1];
    const value = statement?.childForFieldName('value');
    if (name === undefined || !value) throw new Error(`not an assignment: ${statement?.text}`);
    out[name] = value.text === '$null' ? undefined : joined(value);
  }
  return out;
}

function joined(value: Node): string {
  const parts = value.descendantsOfType(['verbatim_string_characters', 'hexadecimal_integer_literal']);
  const texts = parts.map(part => part?.text ?? '');
  const source = texts.map(part => (part.startsWith('0x') ? `[char]${part}` : part)).join(' + ');
  if (source !== value.text) throw new Error(`more than literals: ${value.text}`);
  return texts
    .map(part =>
      part.startsWith('0x')
        ? String.fromCharCode(Number(part))
        : part.slice(1, -1).replace(/['\u2018-\u201b]{2}/g, pair => pair.charAt(0)),
    )
    .join('');
}

function firstError(root: Node | undefined): string | undefined {
  const error = root?.descendantsOfType('ERROR')[0];
  return error ? `line ${error.startPosition.row + 1}: ${error.text.slice(0, 200)}` : undefined;
}
