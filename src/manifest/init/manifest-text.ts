import { join } from 'node:path';
import { packageVersion } from '../../system/package-root.ts';
import type { Discovery } from './discover.ts';
import { environmentSection, localSection, secretsSection } from './environment-text.ts';
import { type ImportName, importNames, needsVariable } from './import-names.ts';
import { indexSecrets } from './index-secrets.ts';
import { memberProject } from './members.ts';
import { pythonSection } from './python-section.ts';
import type { FoundSecret } from './secrets-found.ts';
import { comment, off, pair, placeText } from './words.ts';

/** Secrets of servers that are not on this machine: an environment that talks only to this machine has no use for them. */
const OF_SERVERS = /^(PREFECT_API_(KEY|AUTH_STRING)|OTEL_EXPORTER_OTLP_.*HEADERS)$/;

/**
 * The manifest of a project that was looked at: all that is certain as keys, all that is not as comments, and with each
 * where it comes from. It gives the same plan as no manifest at all, but for what stands in it beside (design §3).
 */
export function manifestText(found: Discovery): string {
  const { facts, workspace, local, environments, names } = found;
  const [major = '1', minor = '0'] = packageVersion().split('.');
  const indexes = indexSecrets(found);
  const full = names.secrets.filter(secret => !indexes.some(index => index.env === secret.name));
  const asked = (environment: string): string[] => [
    ...indexes.map(({ key }) => key),
    ...full.filter(secret => isFor(secret, environment, found)).map(({ key }) => key),
  ];
  const used = new Set(['local', ...environments.map(({ name }) => name)].flatMap(asked));
  const secrets = full.filter(({ key }) => used.has(key));
  const refused = names.refused.filter(({ name }) => !indexes.some(({ env }) => env === name));
  const unused = full.filter(({ key }) => !used.has(key));
  const name = facts.project.name === undefined ? 'the folder' : placeText(facts.at('project', 'name'));
  const sections = [
    [
      ...comment(
        `What a machine needs to work on ${workspace}. \`hotpass-bootstrap plan\` shows what is missing here.`,
      ),
      ...comment('Written by `hotpass-bootstrap init` from the places named in the comments; it is yours to change.'),
      'schema = 1',
      `requires = ">=${major}.${minor}"`,
      `workspace = "${workspace}"  # ${name}`,
    ],
    pythonSection(facts),
    localSection(local, found.files, names, asked('local'), found.deployments),
    ...environments.map(one =>
      environmentSection(one, local.python, local.prefect !== undefined, names, asked(one.name)),
    ),
    [...indexes.flatMap(({ lines }) => [...lines, '']), ...secretsSection(secrets, unused, refused)],
    [...found.hooks],
    readinessSection(found),
  ];
  return `${sections
    .filter(section => section.length > 0)
    .map(section => section.join('\n').trimEnd())
    .join('\n\n')}\n`;
}

function isFor(secret: FoundSecret, environment: string, { local, environments }: Discovery): boolean {
  if (secret.environment !== undefined) return secret.environment === environment;
  if (!OF_SERVERS.test(secret.name)) return true;
  const one = environments.find(({ name }) => name === environment);
  if (secret.name.startsWith('OTEL_')) return one?.telemetry !== undefined && one.telemetry.refused === undefined;
  if (one) return local.prefect !== undefined && one.api !== undefined && one.apiRefused === undefined;
  return local.prefect?.apiUrl.startsWith('https://') === true;
}

/** What "ready" means: the packages import, if there are any that can be. */
function readinessSection(found: Discovery): string[] {
  const { facts } = found;
  const names = importable(found);
  const [first] = names;
  const lines = (modules: string): string[] => [
    '[[readiness]]',
    ...pair('name', names.length > 1 ? 'the packages import' : 'the package imports'),
    ...pair('run', ['python', '-c', `import ${modules}`]),
  ];
  if (!first) {
    return [
      ...comment('No package was found that can be imported. What shows that the project works? For instance:'),
      ...off(lines('the_package')),
    ];
  }
  const text = lines(names.map(({ name }) => name).join(', '));
  const where = names.map(({ file }) => file).join(', ');
  // Beside pyproject.toml a folder is found without being installed, in `src` it is not.
  if (!facts.packaged && first.file.startsWith('src/')) {
    const why = 'not installed into .venv (no build system), so it cannot be imported. Once it is:';
    return [...comment(`${where}: ${why}`), ...off(text)];
  }
  if (names.some(name => needsVariable(facts.root, name))) {
    return [
      ...comment(`${where}: reads variables that must be set while it is imported. Once it does not:`),
      ...off(text),
    ];
  }
  return [...comment(where), ...text];
}

const MOST_IMPORTS = 5;

/** What a plain setup makes importable: the project, or the members where the root is none. */
function importable({ facts, members }: Discovery): ImportName[] {
  const { root, pyproject, project } = facts;
  if (project.name !== undefined || members.length === 0) return importNames(root, pyproject);
  return members
    .flatMap(folder =>
      importNames(join(root, folder), memberProject(root, folder)).map(({ name, file }) => ({
        name,
        file: `${folder}/${file}`,
      })),
    )
    .slice(0, MOST_IMPORTS);
}
