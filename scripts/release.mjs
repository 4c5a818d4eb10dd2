// Before a release: do the tag, package.json, the lock file, the changelog and action.yml name the same version?
// `node scripts/release.mjs v1.0.0`; without a tag the others are compared. Fails with what differs.
// In a job of GitHub Actions also: does package.json name that repository? npm takes no provenance otherwise.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const text = name => readFileSync(join(root, name), 'utf8');
const { version, repository } = JSON.parse(text('package.json'));
const [tag = `v${version}`] = process.argv.slice(2);
const said = {
  'the tag': /^v(.+)$/.exec(tag)?.[1],
  'package-lock.json': JSON.parse(text('package-lock.json')).version,
  'the newest part of CHANGELOG.md': /^## (\S+)/m.exec(text('CHANGELOG.md'))?.[1],
  'the input version of action.yml': /^ {2}version:\n.*\n {4}default: (\S+)$/m.exec(text('action.yml'))?.[1],
};
const wrong = Object.entries(said).filter(([, one]) => one !== version);
for (const [what, one] of wrong) console.error(`package.json says ${version}, but ${what} says ${one}.`);
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
const home = `git+${server}/${name}.git`;
const elsewhere = name !== undefined && (repository?.url ?? repository) !== home;
if (elsewhere) console.error(`package.json has to say "repository": { "type": "git", "url": "${home}" }.`);
process.exit(wrong.length === 0 && !elsewhere ? 0 : 1);
