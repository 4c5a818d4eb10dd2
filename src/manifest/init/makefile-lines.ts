/** What a Makefile says that matters for adding a target to it. Read as text: make itself would run `$(shell …)`. */
export interface MakefileFacts {
  targets: { name: string; line: number }[];
  /** Files of `include` without a dash. */
  includes: { path: string; line: number }[];
  /** Those of `-include` and `sinclude`. */
  softIncludes: { path: string; line: number }[];
  /** What a recipe line begins with at the end of the file. */
  prefix: string;
  /** Is `SHELL` one that reads `if …; then …; fi`? */
  posixShell: boolean;
  /** Is a target described in a line above it (`## name: words`), and not behind it? */
  hintAbove: boolean;
}

export function readMakefile(text: string): MakefileFacts {
  const facts: MakefileFacts = {
    targets: [],
    includes: [],
    softIncludes: [],
    prefix: '\t',
    posixShell: true,
    hintAbove: /^## *[\w-]+:/m.test(text) && !/^[\w-]+:.*## /m.test(text),
  };
  let inDefine = 0;
  for (const { line, words } of logicalLines(text)) {
    if (/^\s*(override\s+|export\s+)*define\s/.test(words)) inDefine += 1;
    else if (/^\s*endef\b/.test(words) && inDefine > 0) inDefine -= 1;
    // A recipe belongs to the target above it.
    else if (inDefine === 0 && !words.startsWith(facts.prefix)) readLine(words, line, facts);
  }
  return facts;
}

function readLine(words: string, line: number, facts: MakefileFacts): void {
  const plain = words.replace(/(^|\s)#.*$/, '').trim();
  const recipe = /^\.RECIPEPREFIX\s*[:?+]*=\s*(.?)/.exec(plain);
  if (recipe) {
    facts.prefix = recipe[1] || '\t';
    return;
  }
  const shell = /^(?:export\s+|override\s+)?SHELL\s*[:?]*=\s*(.+)$/.exec(plain)?.[1];
  if (shell !== undefined) {
    facts.posixShell = /(^|[\s/])((ba|da|z|k|a|mk)?sh|busybox)(\.exe)?(\s|$)|^\$\(shell/.test(shell);
    return;
  }
  const include = /^(-include|sinclude|include)\s+(.+)$/.exec(plain);
  if (include) {
    const list = include[1] === 'include' ? facts.includes : facts.softIncludes;
    list.push(...(include[2] ?? '').split(/\s+/).map(path => ({ path, line })));
    return;
  }
  // `name: …` and `name:: …`, but no assignment (`name := …`, `name: VAR = …` is a rule's own variable).
  const rule = /^([^=:#]+?)\s*&?::?(?![:=])/.exec(plain);
  if (!rule) return;
  for (const name of (rule[1] ?? '').split(/\s+/)) {
    if (name !== '' && !/^\.[A-Z_]+$/.test(name)) facts.targets.push({ name, line });
  }
}

/** Lines as make joins them: a backslash at the end goes on in the next. */
function logicalLines(text: string): { line: number; words: string }[] {
  const lines: { line: number; words: string }[] = [];
  let open: { line: number; words: string } | undefined;
  text.split(/\r?\n/).forEach((part, index) => {
    const goesOn = /(^|[^\\])(\\\\)*\\$/.test(part);
    const words = goesOn ? part.slice(0, -1) : part;
    if (open) open.words += ` ${words.trimStart()}`;
    else open = { line: index + 1, words };
    if (goesOn) return;
    lines.push(open);
    open = undefined;
  });
  return open ? [...lines, open] : lines;
}
