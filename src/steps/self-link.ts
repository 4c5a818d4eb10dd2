import { dirname, relative, sep } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Read } from '../engine/step.ts';
import { allOnPath, isExecutable } from '../system/environment.ts';
import { linkTarget, lstatOf, realPath } from '../system/files.ts';
import { readManifest } from '../system/package-root.ts';
import { onPath, pathLine } from '../system/path-line.ts';
import { compareVersions, parseVersion } from '../system/python-version.ts';
import { isInside } from './user-wide.ts';

/** What stands where the link belongs: `packaged` is npm's own link to an installed hotpass-bootstrap. */
export type LinkPlace = 'free' | 'right' | 'older' | 'packaged' | 'foreign';

/**
 * @param data our data folder.
 * @param version of the running package. A link to a newer copy that is there is right: an older npx does not turn it back.
 */
export function linkPlace(target: string, data: string, version: string): LinkPlace {
  if (lstatOf(target) === undefined) return 'free';
  const leadsTo = linkTarget(target);
  if (leadsTo === undefined || !isInside(leadsTo, data)) {
    const real = realPath(target);
    const isPackage = real !== undefined && readManifest(dirname(dirname(real)))?.name === 'hotpass-bootstrap';
    return isPackage ? 'packaged' : 'foreign';
  }
  const linked = parseVersion(relative(data, leadsTo).split(sep)[0] ?? '');
  const running = parseVersion(version);
  if (!linked || !running || compareVersions(linked, running) < 0) return 'older';
  // The very copy of this version may be about to be made; a newer one must be there already.
  return compareVersions(linked, running) === 0 || isExecutable(leadsTo) ? 'right' : 'older';
}

/** What a person should know about the command on PATH. */
export function linkFindings(ctx: Read, target: string, place: LinkPlace): Finding[] {
  const findings: Finding[] = [];
  const { bin } = ctx.paths;
  if (place === 'foreign') {
    findings.push(
      finding(
        'HB121',
        'warn',
        `${target} is not a link of this tool and was left as it is.`,
        'The command is not reached by its name; it is called through npx.',
        { command: `mv ${quoteWord(target)} ${quoteWord(`${target}.mine`)}`, safe: false },
      ),
    );
    return findings;
  }
  if (!onPath(bin, ctx.env)) {
    findings.push(
      finding(
        'HB120',
        'warn',
        `${bin} is not on PATH, so hotpass-bootstrap is not found by its name in a new shell.`,
        'Until it is, the command is called through npx. Shell profiles are not edited for you.',
        { command: pathLine(ctx.env, bin), safe: false },
      ),
    );
    return findings;
  }
  const first = allOnPath('hotpass-bootstrap', ctx.path)[0];
  if (first !== undefined && first !== target) {
    findings.push(
      finding(
        'HB122',
        'info',
        `Another hotpass-bootstrap comes first on PATH: ${first}.`,
        `${target} is the one that this tool keeps up to date.`,
      ),
    );
  }
  return findings;
}
