import { NAME, type WrittenLine } from './dotenv.ts';

/** Shells whose settings `env` can print; `shell` is any POSIX shell, bash and zsh among them. */
export type Shell = 'shell' | 'fish' | 'powershell';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Names that bash, dash, zsh or fish keep for themselves: setting them fails, or gives something else (asked of the
 * shells themselves in test/integration/shells.test.ts).
 */
const KEPT = new RegExp(
  `^(?:${[
    '_|PWD|OLDPWD|PPID|SHLVL|LINENO|OPTIND|RANDOM|SRANDOM|SECONDS|EPOCH(?:REALTIME|SECONDS)|E?UID|E?GID|GROUPS|USERNAME',
    'BASHOPTS|BASHPID|BASH_\\w+|SHELLOPTS|DIRSTACK|HISTCMD|HISTSIZE|SAVEHIST|HISTCHARS|histchars|COLUMNS|LINES|FUNCNEST',
    'ARGC|KEYBOARD_HACK|TRY_BLOCK_(?:ERROR|INTERRUPT)|TTYIDLE|WATCH|ZSH_\\w+|zsh_\\w+|FISH_VERSION|fish_\\w+',
    '(?:dis_)?(?:aliases|builtins|functions|functions_source|galiases|patchars|reswords|saliases)|argv|commands|dirstack',
    'fignore|func(?:file|source)?trace|funcstack|history|historywords|hostname|job(?:dirs|states|texts)|keymaps|modules',
    'nameddirs|options|parameters|(?:cd|f|mail|man|module_)?path|pipestatus|psvar|status|status_generation|termcap',
    'terminfo|umask|userdirs|usergroups|version|watch|widgets',
  ].join('|')})$`,
);

/** Names whose value a shell runs, or looks up what it runs with: a prompt that holds a command is one. */
const RUN =
  /^(?:PS[0-4]|R?PROMPT\d?|RPS[12]|SPROMPT|PROMPT_\w+|prompt|POSTEDIT|FPATH|CDPATH|MAIL(?:PATH|CHECK)?|MODULE_PATH|ZDOTDIR|INPUTRC|HISTFILE|(?:READ)?NULLCMD|VISUAL|FCEDIT|LESS(?:OPEN|CLOSE)|TMPPREFIX|TIMEFMT|DIRENV_\w+)$/;
/** The same for Windows, where the case of a name does not count. */
const RUN_BY_WINDOWS = /^(?:PSMODULEPATH|PATHEXT|COMSPEC|SYSTEMROOT|WINDIR)$/i;

/**
 * The line with which a shell sets and exports a variable. A value with a newline takes several lines, but for
 * PowerShell, which may get back its input line by line.
 * @returns the line, or why the shell cannot hold the value; the reason never repeats it.
 */
export function setLine(shell: Shell, name: string, value: string): WrittenLine {
  const reason = refusedName(name) ?? refusedValue(value);
  if (reason !== undefined) return { reason };
  switch (shell) {
    case 'shell':
      return { line: `export ${name}='${value.replaceAll("'", `'\\''`)}'` };
    case 'fish':
      return { line: `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'` };
    case 'powershell':
      return { line: `$env:${name} = ${powershellText(value)}` };
  }
}

/** The line with which a shell forgets a variable. */
export function unsetLine(shell: Shell, name: string): WrittenLine {
  const reason = refusedName(name);
  if (reason !== undefined) return { reason };
  return { line: { shell: `unset ${name}`, fish: `set -eg ${name}`, powershell: `$env:${name} = $null` }[shell] };
}

/**
 * An expression of PowerShell for a text, in ASCII alone: what a program prints reaches PowerShell in the code page of
 * the console, and typographic quotes end a string as well as `'` does (about_Quoting_Rules).
 */
function powershellText(value: string): string {
  const parts = value.match(/[\x20-\x7e]+|[^\x20-\x7e]/g) ?? [];
  const words = parts.map(part =>
    /^[\x20-\x7e]/.test(part) ? `'${part.replaceAll("'", "''")}'` : `[char]0x${part.charCodeAt(0).toString(16)}`,
  );
  return (words[0]?.startsWith("'") ? words : ["''", ...words]).join(' + ');
}

function refusedName(name: string): string | undefined {
  if (!NAME.test(name)) return 'its name is not made of letters, digits and underscores';
  if (KEPT.test(name)) return 'some shells keep that name for themselves';
  return RUN.test(name) || RUN_BY_WINDOWS.test(name) ? 'a shell would run what such a variable says' : undefined;
}

function refusedValue(value: string): string | undefined {
  if (value.includes('\0')) return 'its value holds a NUL character';
  return LONE_SURROGATE.test(value) ? 'its value is not valid Unicode' : undefined;
}
