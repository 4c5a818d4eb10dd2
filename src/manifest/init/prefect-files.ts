import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { profilesPath } from '../../prefect/profiles-path.ts';
import { decodeProfiles, readProfiles, settingText } from '../../prefect/profiles-text.ts';
import type { Env } from '../../system/environment.ts';
import { readBytes, readText } from '../../system/files.ts';
import { filesMatching } from '../../system/glob.ts';
import { unread } from './env-files.ts';
import type { Place } from './words.ts';
import { isMapping, parseYaml } from './yaml.ts';

/** What `prefect.yaml` and its like say that concerns a machine. */
export interface DeploymentFacts {
  deployments: readonly { name: string; place: Place }[];
  /** Variables of the machine that they refer to: `{{ $NAME }}`. */
  variables: readonly { name: string; place: Place }[];
}

const REFERENCE = /\{\{\s*\$([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/** Reads `prefect.yaml` and `prefect/*.yaml`; none of them is ever changed. @param findings gets those that are no YAML. */
export async function readDeployments(root: string, findings: Finding[]): Promise<DeploymentFacts> {
  const deployments: { name: string; place: Place }[] = [];
  const variables: { name: string; place: Place }[] = [];
  for (const file of filesMatching(root, ['prefect.yaml', 'prefect/*.yaml'])) {
    const text = readText(join(root, file)) ?? '';
    text.split('\n').forEach((line, index) => {
      for (const [, name = ''] of line.matchAll(REFERENCE)) variables.push({ name, place: { file, line: index + 1 } });
    });
    const read = await parseYaml(text);
    if ('line' in read) {
      const edit = `\${EDITOR:-vi} +${read.line} ${quoteWord(join(root, file))}`;
      findings.push(unread(file, `It is not valid YAML: line ${read.line}.`, edit));
      continue;
    }
    const { document } = read;
    const list = isMapping(document) ? document['deployments'] : undefined;
    for (const item of Array.isArray(list) ? list : []) {
      const name: unknown = isMapping(item) ? item['name'] : undefined;
      if (typeof name === 'string') deployments.push({ name, place: { file, line: lineOf(name, text) } });
    }
  }
  return { deployments, variables };
}

/** The line that names a deployment, for people to find it; a name in an unusual spelling is at its list at least. */
function lineOf(name: string, text: string): number {
  const lines = text.split(/\r?\n/);
  const named = lines.findIndex(line => {
    const written = /^\s*(?:-\s+)?["']?name["']?\s*:\s*(.*?)\s*$/.exec(line)?.[1]?.replace(/\s+#.*$/, '');
    return written === name || written === `'${name}'` || written === `"${name}"`;
  });
  return (named >= 0 ? named : lines.findIndex(line => line.startsWith('deployments'))) + 1;
}

/** A profile of the person's `profiles.toml`, as far as it may be known here. */
export interface OwnProfile {
  name: string;
  apiUrl: string | undefined;
}

/** The person's Prefect profiles: names and addresses, nothing else. None where the file cannot be read. */
export function ownProfiles(env: Env, home: string): OwnProfile[] {
  try {
    const path = profilesPath(env, home);
    const bytes = readBytes(path);
    if (!bytes) return [];
    const { profiles } = readProfiles(decodeProfiles(bytes, path), path);
    return [...profiles].map(([name, table]) => ({ name, apiUrl: settingText(table, 'PREFECT_API_URL') }));
  } catch (error) {
    // A file that Prefect cannot read either is told by the commands that need it.
    if (error instanceof UserError) return [];
    throw error;
  }
}
