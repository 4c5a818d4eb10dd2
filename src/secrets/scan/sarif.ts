import type { Hit } from './hit.ts';

/** Where a file is, in the words of SARIF: the names of the two folders, whose paths are nobody's business. */
const BASES = { ROOT: 'The root of the workspace.', HOME: 'The home folder of whoever ran this.' };

/**
 * What was found as SARIF 2.1.0, for code scanning: rule, file, line and a sentence, never a piece of the text and no
 * fingerprint of it.
 * @param version of this tool.
 */
export function sarifOf(hits: readonly Hit[], version: string): string {
  const rules = [
    ...new Map(
      hits.map(({ rule, what, secret }) => [rule, secret === undefined ? what : 'a value of the secret store']),
    ),
  ];
  const numbers = new Map(rules.map(([id], at) => [id, at]));
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'hotpass-bootstrap',
            semanticVersion: version,
            rules: rules.map(([id, what]) => ({ id, shortDescription: { text: `Found: ${what}.` } })),
          },
        },
        originalUriBaseIds: Object.fromEntries(
          Object.entries(BASES).map(([name, text]) => [name, { description: { text } }]),
        ),
        columnKind: 'utf16CodeUnits',
        results: hits.map(hit => ({
          ruleId: hit.rule,
          ruleIndex: numbers.get(hit.rule) ?? 0,
          level: 'error',
          message: { text: sentence(hit) },
          locations: [
            { physicalLocation: { artifactLocation: locationOf(hit.file), region: { startLine: hit.line } } },
          ],
          properties: { place: hit.place, ...(hit.commit === undefined ? {} : { commit: hit.commit }) },
        })),
      },
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function sentence({ what, commit, environment }: Hit): string {
  const of = environment === undefined ? '' : ` of ${environment}`;
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${of}${commit === undefined ? '' : ` since commit ${commit}`}.`;
}

function locationOf(file: string): { uri: string; uriBaseId?: string } {
  const uri = (path: string): string => encodeURI(path.replaceAll('\\', '/')).replace(/[?#[\]]/g, encodeURIComponent);
  if (file.startsWith('~/')) return { uri: uri(file.slice(2)), uriBaseId: 'HOME' };
  return /^(\/|[A-Za-z]:)/.test(file)
    ? { uri: `file://${uri(file).replace(/^(?!\/)/, '/')}` }
    : { uri: uri(file), uriBaseId: 'ROOT' };
}
