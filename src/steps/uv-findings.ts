import { dirname, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Read } from '../engine/step.ts';
import { readText } from '../system/files.ts';
import { pipOnlyIndex } from '../system/package-index.ts';
import { onPath, pathLine } from '../system/path-line.ts';
import { namesDefaultIndex } from '../system/uv-config.ts';
import type { Found, Hit } from './uv-search.ts';

/** What a person should know about the uv that was found. */
export function searchFindings(found: Found, range: string | undefined, ctx: Read): Finding[] {
  const { hits, using } = found;
  const findings: Finding[] = [];
  const wants = range === undefined ? 'what is needed here' : range;
  const first = hits.find(hit => onPath(dirname(hit.path), ctx.env));
  if (first?.asked && first.version !== undefined && first.version !== using?.version) {
    const instead =
      using === undefined ? 'A fitting one will be fetched' : `uv ${using.version} at ${using.path} is used`;
    findings.push(
      finding(
        'HB111',
        'warn',
        `The uv that a shell finds first is ${first.version} (${first.path}), which is not ${wants}.`,
        `${instead}; \`uv\` typed by hand is still the other one.`,
        using && { command: pathLine(ctx.env, dirname(using.path)), safe: false },
      ),
    );
  }
  for (const hit of hits) {
    if (hit.shim) findings.push(shimFinding(hit, using?.path === hit.path));
    else if (hit.asked && hit.version === undefined) findings.push(silentFinding(hit));
  }
  return findings;
}

function shimFinding(hit: Hit, used: boolean): Finding {
  return finding(
    'HB113',
    'info',
    `${hit.path} is the shim of a version manager.`,
    used
      ? `It answers with uv ${hit.version} in this folder and is used; asking it costs time in every run.`
      : 'Which uv it starts depends on the folder, so it is only used when there is no other.',
  );
}

function silentFinding(hit: Hit): Finding {
  return finding(
    'HB115',
    'warn',
    `${hit.path} does not answer like uv.`,
    hit.own
      ? 'It leads to a copy of this tool that is not complete any more; the copy will be made anew.'
      : 'It was left aside. It may be for another machine, or damaged.',
    { command: `${quoteWord(hit.path)} --version`, safe: false },
  );
}

/** uv is, or will be, linked into a folder that is not on PATH. */
export function binFinding(ctx: Read): Finding[] {
  const { bin } = ctx.paths;
  if (onPath(bin, ctx.env)) return [];
  return [
    finding(
      'HB112',
      ctx.ci ? 'info' : 'warn',
      `uv is linked into ${bin}, which is not on PATH.`,
      '`uv` typed by hand is not found until it is. Shell profiles are not edited for you.',
      { command: pathLine(ctx.env, bin), safe: false },
    ),
  ];
}

/** A file that is not ours stands where the link would go. */
export function inTheWay(path: string): Finding {
  return finding(
    'HB114',
    'warn',
    `${path} is not a link of this tool and was left as it is.`,
    'A link to the uv that was fetched belongs there, so that `uv` can be typed by hand.',
    { command: `mv ${quoteWord(path)} ${quoteWord(`${path}.mine`)}`, safe: false },
  );
}

/**
 * The index stands only where pip looks: uv ignores that and will go to the public index (facts uv §1).
 * The workspace's own default index settles it.
 */
export async function pipOnlyFinding(ctx: Read): Promise<Finding[]> {
  const index = await pipOnlyIndex(ctx.env, ctx.root);
  if (!index) return [];
  const project = readText(join(ctx.root, 'pyproject.toml'));
  const own = readText(join(ctx.root, 'uv.toml'));
  if (project !== undefined && (await namesDefaultIndex(project, 'pyproject'))) return [];
  if (own !== undefined && (await namesDefaultIndex(own, 'uv'))) return [];
  const folder = join(dirname(ctx.paths.config), 'uv');
  const lines = ['[[index]]', `url = "${index.url.href}"`, 'default = true'];
  const file = join(folder, 'uv.toml');
  // The file may be there, and may not end with a newline.
  const write = `printf '%s\\n' ${['', ...lines].map(quoteWord).join(' ')} >> ${quoteWord(file)}`;
  return [
    finding(
      'HB110',
      'warn',
      `The package index ${index.url.host} is named only for pip (${index.source}); uv will go to the public one.`,
      `uv does not read pip's settings. In ${file} it is: ${lines.join(' / ')}. A password stays out of it: ~/.netrc is read.`,
      { command: `mkdir -p ${quoteWord(folder)} && ${write}`, safe: false },
    ),
  ];
}
