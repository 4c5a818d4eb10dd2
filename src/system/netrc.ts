/** A login from a netrc file. */
export interface NetrcLogin {
  login: string;
  password: string;
}

/**
 * The login for a host, as curl and Python read the file: the first fitting `machine`, else `default`. Macros and
 * comments are skipped.
 * @param user only a login of this name fits, when it is not empty.
 */
export function netrcLogin(text: string, host: string, user = ''): NetrcLogin | undefined {
  const tokens = tokenize(text);
  let fallback: NetrcLogin | undefined;
  for (let i = 0; i < tokens.length; ) {
    const word = tokens[i++];
    if (word !== 'machine' && word !== 'default') continue;
    const machine = word === 'machine' ? tokens[i++] : undefined;
    const entry: NetrcLogin = { login: '', password: '' };
    for (; i < tokens.length && tokens[i] !== 'machine' && tokens[i] !== 'default'; i += 2) {
      const value = tokens[i + 1] ?? '';
      if (tokens[i] === 'login' || tokens[i] === 'user') entry.login = value;
      else if (tokens[i] === 'password') entry.password = value;
      else if (tokens[i] !== 'account') break;
    }
    if (user !== '' && entry.login !== user) continue;
    if (word === 'default') fallback ??= entry;
    else if (machine?.toLowerCase() === host.toLowerCase()) return entry;
  }
  return fallback;
}

/** Words of the file; quoted ones keep their spaces, `macdef` runs to the next empty line. */
function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const plain = text.replace(/^\s*macdef\b[\s\S]*?(\n\s*\n|(?![\s\S]))/gm, '\n').replace(/^\s*#.*$/gm, '');
  for (const match of plain.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)) {
    tokens.push(match[2] ?? (match[1] ?? '').replace(/\\(.)/g, '$1'));
  }
  return tokens;
}
