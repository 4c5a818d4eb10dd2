import { dirname, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { sitePackages, venvFolder } from '../engine/fingerprint.ts';
import { installedPrefect } from '../prefect/version.ts';
import { allOnPath } from '../system/environment.ts';
import { namesIn, realPath } from '../system/files.ts';
import type { WorkspaceCheck } from './check.ts';

/** Other copies of Prefect that a shell finds, by the files beside them: none is started. */
export const prefectBeside: WorkspaceCheck = {
  title: 'Other copies of Prefect',
  about: 'workspace',
  async run(look) {
    if (!look.wanted.prefect) return [];
    const copies = allOnPath('prefect', look.path).flatMap(path => {
      const version = versionBeside(path);
      return version === undefined ? [] : [{ path, version }];
    });
    const old = copies.find(({ version }) => Number.parseInt(version, 10) < 3);
    if (old) return [tooOld(old.path, old.version)];
    const [first] = copies;
    const own = installedPrefect(sitePackages(look.root));
    const activated = look.env['VIRTUAL_ENV'];
    if (!first || own === undefined || first.version === own) return [];
    if (activated && realPath(activated) === realPath(venvFolder(look.root))) return [];
    return [
      finding(
        'HB270',
        'info',
        `"prefect" in your shell is ${first.path}, version ${first.version}; this workspace has ${own}.`,
        'The other one has other packages and may read the same settings in another way.',
        { command: 'hotpass-bootstrap run -- prefect version', safe: false },
      ),
    ];
  },
};

function tooOld(path: string, version: string): Finding {
  return finding(
    'HB270',
    'warn',
    `${path} is Prefect ${version}, beside the Prefect 3 of this workspace.`,
    'Both read the same profiles.toml, and Prefect 2 stops at the first setting in it that it does not know.',
    { command: `PREFECT_HOME="$HOME/.prefect-2" ${quoteWord(path)} version`, safe: false },
  );
}

/** Version of the Prefect a script belongs to: a dist-info in the environment that holds the script. */
function versionBeside(script: string): string | undefined {
  const real = realPath(script);
  if (real === undefined) return undefined;
  const library = join(dirname(dirname(real)), 'lib');
  const folders = namesIn(library)
    .filter(name => /^python\d/.test(name))
    .flatMap(name => ['site-packages', 'dist-packages'].map(kind => join(library, name, kind)));
  return folders.map(installedPrefect).find(version => version !== undefined);
}
