import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { addedLines } from '../../src/secrets/scan/diff.ts';
import { scanHistory } from '../../src/secrets/scan/history.ts';
import type { Hit } from '../../src/secrets/scan/hit.ts';
import { knownTable } from '../../src/secrets/scan/known.ts';
import { filesToScan, type ScanScope } from '../../src/secrets/scan/places.ts';
import { askDetectors } from '../../src/secrets/scan/project-detectors.ts';
import { sarifOf } from '../../src/secrets/scan/sarif.ts';
import { scanFiles } from '../../src/secrets/scan/scan-files.ts';
import { cache, emptyHome, repository, temporary, uvCache, uvPath } from '../support/tools.ts';

const venv = join(cache, 'venvs', 'scan');
const VALUE = 'user:Xq7-canary-Vw2kT9-auth';
const OTHER = 'canary-other-Hz81Lm40Qp';
const known = knownTable([
  { name: 'auth', environment: 'staging', value: VALUE },
  { name: 'other', environment: 'local', value: OTHER },
]);
const signal = new AbortController().signal;

beforeAll(() => {
  if (existsSync(join(venv, 'complete'))) return;
  mkdirSync(join(cache, 'venvs'), { recursive: true });
  const env = { ...process.env, UV_CACHE_DIR: uvCache };
  const uv = (...args: string[]) => execFileSync(uvPath(), args, { env, cwd: cache });
  uv('venv', '--quiet', '--clear', '--python', 'python3', venv);
  uv(
    'pip',
    'install',
    '--quiet',
    '--python',
    join(venv, 'bin', 'python'),
    'detect-secrets==1.5.0',
    'jsonschema==4.26.0',
  );
  writeFileSync(join(venv, 'complete'), '');
}, 120_000);

const base = emptyHome('');

/** A workspace in a home of its own, with a repository. */
class Place {
  readonly home = temporary('hb-scan-');
  readonly root = join(this.home, 'work');
  readonly env: Record<string, string> = { ...base, HOME: this.home, GIT_CONFIG_GLOBAL: join(this.home, 'gitconfig') };

  constructor(repository = true) {
    mkdirSync(this.root);
    writeFileSync(join(this.home, 'gitconfig'), '[user]\nname = n\nemail = a@b\n[init]\ndefaultBranch = main\n');
    if (repository) this.git('init', '-q');
  }

  get scope(): ScanScope {
    return { root: this.root, home: this.home, env: this.env, path: this.env['PATH'] ?? '' };
  }

  git(...args: string[]): string {
    const told = spawnSync('git', args, { cwd: this.root, env: this.env, encoding: 'utf8' });
    return told.stdout;
  }

  write(file: string, text: string | Buffer): void {
    const path = file.startsWith('~/') ? join(this.home, file.slice(2)) : join(this.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  commit(message: string): string {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', '--short=12', 'HEAD').trim();
  }

  async files(): Promise<{ hits: Hit[]; left: { file: string; why: string }[] }> {
    return scanFiles(await filesToScan(this.scope), known, signal, () => []);
  }

  async history(within?: number) {
    const scan = await scanHistory(this.scope, known, signal, within);
    if (scan === undefined) throw new Error('no repository');
    return scan;
  }
}

const places = (hits: readonly Hit[]): string[] => hits.map(({ file, line }) => `${file}:${line}`).sort();

describe('files', () => {
  it('of the workspace are searched, ignored ones only by the name of .env; data and links are not', async () => {
    const place = new Place();
    place.write('.gitignore', 'out/\n.env*\n');
    place.write('src/a.py', `x = 1\nKEY = "${VALUE}"\n`);
    place.write('new file.txt', `${OTHER}`);
    place.write('out/build.txt', VALUE);
    place.write('sub/.env.local', `A=1\nB=${OTHER}\n`);
    place.write('.venv/lib/.env', VALUE);
    place.write('wide.env', Buffer.from(`\uFEFFA=1\r\nB=${VALUE}\r\n`, 'utf16le'));
    place.write('data.bin', Buffer.concat([Buffer.alloc(10), Buffer.from(VALUE)]));
    place.write('huge.csv', Buffer.alloc(5 * 1024 * 1024 + 1, 'a,'));
    symlinkSync(join(place.home, 'elsewhere'), join(place.root, 'link.txt'));
    place.write('~/elsewhere', VALUE);
    const { hits, left } = await place.files();
    expect(places(hits)).toEqual(['new file.txt:1', 'src/a.py:2', 'sub/.env.local:2', 'wide.env:2']);
    expect(left).toEqual([
      { file: 'data.bin', why: 'binary' },
      { file: 'huge.csv', why: 'large' },
    ]);
    expect(JSON.stringify(hits)).not.toMatch(/canary/);
  });

  it('are all searched where there is no repository', async () => {
    const place = new Place(false);
    place.write('a.txt', VALUE);
    place.write('deep/er/.env', `X=${VALUE}`);
    place.write('node_modules/x/y.txt', VALUE);
    expect(places((await place.files()).hits)).toEqual(['a.txt:1', 'deep/er/.env:1']);
  });

  it('that one may not read are told', async () => {
    const place = new Place();
    place.write('closed.txt', VALUE);
    chmodSync(join(place.root, 'closed.txt'), 0o000);
    const { hits, left } = await place.files();
    if (process.getuid?.() === 0) expect(places(hits)).toEqual(['closed.txt:1']);
    else expect(left).toEqual([{ file: 'closed.txt', why: 'unreadable' }]);
  });

  it('of shells, Prefect, npm and git are searched', async () => {
    const place = new Place();
    place.git('config', 'remote.origin.url', `https://me:${OTHER}@host.test/x.git`);
    place.write('~/.bash_history', `ls\ncurl -u ${VALUE} https://x\n`);
    place.write('~/.zsh_history', `: 1700000000:0;export A='${OTHER}'\n`);
    place.write('~/.local/share/fish/fish_history', `- cmd: echo ${OTHER}\n  when: 1\n`);
    place.write('~/.prefect/profiles.toml', `[profiles.a]\nPREFECT_API_AUTH_STRING = "${VALUE}"\n`);
    place.write('~/.npm/_logs/2026-eresolve.log', `0 verbose argv "--token=${OTHER}"\n`);
    const { hits } = await place.files();
    expect(hits.map(one => [one.place, one.file.replace(/^.*\//, ''), one.line])).toEqual(
      expect.arrayContaining([
        ['git', 'config', expect.any(Number)],
        ['shell', '.bash_history', 2],
        ['shell', '.zsh_history', 1],
        ['shell', 'fish_history', 1],
        ['prefect', 'profiles.toml', 2],
        ['npm', '2026-eresolve.log', 1],
      ]),
    );
    expect(hits).toHaveLength(6);
  });
});

describe('the history of git', () => {
  it('tells the oldest commit and the line, also of what was deleted, amended, stashed or merged', async () => {
    const place = new Place();
    place.write('a.ini', 'one\n');
    place.commit('first');
    place.write('a.ini', `one\ntwo\nurl = ${VALUE}\n`);
    const added = place.commit('second');
    place.write('b "c" é.txt', `x\ny\n${OTHER}\n`);
    const odd = place.commit('third');
    place.git('rm', '-q', 'a.ini');
    place.commit('fourth');
    place.write('amended.txt', VALUE);
    const amended = place.commit('fifth');
    place.write('amended.txt', 'clean');
    place.git('add', '-A');
    place.git('commit', '-q', '--amend', '-m', 'fifth');
    place.write('stashed.txt', OTHER);
    place.git('stash', '-q', '--include-untracked');
    place.git('checkout', '-q', '-b', 'side', 'HEAD~1');
    place.write('amended.txt', 'side');
    place.commit('side');
    place.git('merge', '-q', 'main');
    place.write('amended.txt', `one\nmerged ${OTHER}\n`);
    const merge = place.commit('merge');
    place.git('commit', '-q', '--allow-empty', '-m', `oops, ${VALUE}`);
    place.git('checkout', '-q', 'main');
    const { hits, commits, all, failed } = await place.history();
    expect(failed).toBe(false);
    expect(commits).toBe(all);
    const told = hits.map(({ file, line, commit, secret }) => [file, line, secret, commit]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['a.ini', 3, 'auth', added],
        ['b "c" é.txt', 3, 'other', odd],
        ['amended.txt', 1, 'auth', amended],
        ['stashed.txt', 1, 'other', expect.any(String)],
        ['amended.txt', 2, 'other', merge],
        ['(commit message)', 1, 'auth', expect.any(String)],
      ]),
    );
    expect(told).toHaveLength(6);
    expect(JSON.stringify(hits)).not.toMatch(/canary/);
  });

  it('executes nothing that the repository configures, and is not taken in by what a diff looks like', async () => {
    const place = new Place();
    const trap = join(place.home, 'trap');
    writeFileSync(trap, `#!/bin/sh\ntouch ${place.home}/sprung\ncat "$@"\n`, { mode: 0o755 });
    for (const name of ['diff.external', 'diff.x.textconv', 'diff.x.command', 'core.pager', 'core.fsmonitor']) {
      place.git('config', name, trap);
    }
    place.git('config', 'color.ui', 'always');
    place.git('config', 'diff.noprefix', 'true');
    place.write('.gitattributes', '*.txt diff=x\n');
    place.write('a.txt', `++ b/evil.txt\n@@ -1 +99 @@\ndiff --git a/x b/x\n${VALUE}\n`);
    const commit = place.commit('first');
    // The git of the test itself did what it was told.
    expect(existsSync(join(place.home, 'sprung'))).toBe(true);
    rmSync(join(place.home, 'sprung'));
    const { hits } = await place.history();
    expect(hits).toMatchObject([{ file: 'a.txt', line: 4, commit }]);
    expect(places((await place.files()).hits)).toEqual(['a.txt:4']);
    expect(existsSync(join(place.home, 'sprung'))).toBe(false);
  });

  it('stops after its time and says how far it came', async () => {
    const place = new Place();
    place.write('a.txt', VALUE);
    place.commit('first');
    const { commits, all } = await place.history(0);
    expect([commits, all]).toEqual([0, 1]);
  });

  /** Commits, oldest first, of files that git still takes for text, together more than is heard of one git. */
  const large = (commits: number, files: number, secret: string): Place => {
    const place = new Place();
    const text = `${'lorem ipsum '.repeat(800)}\n`.repeat(200);
    const told = `${text}${secret}\n`;
    const lines = [
      `blob\nmark :1\ndata ${text.length}\n${text}`,
      `blob\nmark :2\ndata ${told.length}\n${told}`,
      ...Array.from({ length: commits }, (_, commit) => [
        `commit refs/heads/main\ncommitter n <a@b> ${1_700_000_000 + commit} +0000\ndata 1\nm`,
        ...Array.from({ length: files }, (_, file) => {
          const mark = commit === 0 && file === files - 1 ? 2 : 1;
          return `M 644 :${mark} ${String(commit).padStart(2, '0')}-${String(file).padStart(2, '0')}.txt`;
        }),
      ]).flat(),
    ];
    spawnSync('git', ['fast-import', '--quiet'], { cwd: place.root, env: place.env, input: `${lines.join('\n')}\n` });
    return place;
  };

  it('is searched whole where commits together say more than is heard of one git', async () => {
    const { hits, commits, all, failed } = await large(40, 1, OTHER).history();
    expect([commits, all, failed]).toEqual([40, 40, false]);
    expect(hits).toMatchObject([{ file: '00-00.txt', line: 201, secret: 'other' }]);
  });

  it('is not called complete where one commit says more than is heard', async () => {
    const { hits, failed } = await large(1, 40, OTHER).history();
    expect([hits, failed]).toEqual([[], true]);
  });

  it('is none outside a repository, and empty in a new one', async () => {
    expect(await scanHistory(new Place(false).scope, known, signal)).toBeUndefined();
    expect(await new Place().history()).toMatchObject({ hits: [], all: 0 });
  });

  it('is said to be unread where git refuses the repository, or is not there', async () => {
    const unread = { hits: [], commits: 0, all: 0, failed: true };
    const place = new Place();
    const nowhere = { ...place.scope, path: temporary('hb-no-git-') };
    expect(await scanHistory(nowhere, known, signal)).toEqual(unread);
    expect(await scanHistory({ ...nowhere, root: join(place.root, 'not', 'yet') }, known, signal)).toEqual(unread);
    writeFileSync(join(place.root, '.git', 'HEAD'), '');
    expect(await place.history()).toEqual(unread);
  });

  it('has every added line where git says it is', () => {
    const line = fc.constantFrom(
      '',
      'a',
      'b',
      '+',
      '++ b/x',
      '-',
      '--- a/x',
      '@@ -1 +1 @@',
      ' ',
      'diff --git a/a b/a',
      '\\ No newline',
    );
    const text = fc.array(line, { maxLength: 12 }).map(lines => lines.join('\n'));
    const place = new Place();
    for (const version of fc.sample(text, { numRuns: 12, seed: 5 })) {
      place.write('f.txt', version);
      place.commit('next');
      const diff = place.git('diff-tree', '--root', '-r', '-U0', '--no-commit-id', '-p', '--no-renames', 'HEAD');
      const there = place.git('show', 'HEAD:f.txt').split('\n');
      const before = place.git('show', 'HEAD~1:f.txt').split('\n');
      for (const { file, text: added, lines } of addedLines(diff)) {
        expect(file).toBe('f.txt');
        expect(added.split('\n')).toEqual(lines.map(number => there[number - 1]));
      }
      const found = addedLines(diff).flatMap(one => one.text.split('\n'));
      for (const one of there) if (one !== '' && !before.includes(one)) expect(found).toContain(one);
    }
  });
});

describe('detectors of the project', () => {
  const token = `gh${'p_'}q7Zt4Kp9Xw2Vn6Rb3Yh8Lc5Mf1Jd0Gsq7Zt4`;
  const random = 'b3Vyc2VjcmV0IGlzIG5vdCB0aGlzIG9uZSE5Zjg2ZDA4MQ';

  it('detect-secrets is asked, without its network and without its guesses', async () => {
    const place = new Place();
    place.write('a.py', `x = 1\nt = "${token}"\n`);
    place.write('b.py', `password = "${random}"\n`);
    const programs = `${join(venv, 'bin')}:${place.env['PATH']}`;
    const [told] = await askDetectors(place.scope, programs, ['a.py', 'b.py'], signal);
    expect(told).toMatchObject({ detector: 'detect-secrets', failed: false });
    expect(told?.hits).toMatchObject([{ file: 'a.py', line: 2, rule: 'detect-secrets/github-token' }]);
    expect(JSON.stringify(told)).not.toMatch(/q7Zt4Kp9|[0-9a-f]{40}/);
  });

  it('what the team accepted in its baseline is left alone, everything else it asks for is told', async () => {
    const place = new Place();
    place.write('a.py', `t = "${token}"\n`);
    const env = { ...place.env, PATH: `${join(venv, 'bin')}:${place.env['PATH']}` };
    const baseline = execFileSync(join(venv, 'bin', 'detect-secrets'), ['scan', '-n', '--all-files', 'a.py'], {
      cwd: place.root,
      env,
    });
    place.write('.secrets.baseline', baseline);
    place.write('b.py', `password = "${random}"\n`);
    const [told] = await askDetectors(place.scope, env.PATH, ['a.py', 'b.py'], signal);
    expect(told?.failed).toBe(false);
    expect([...new Set(told?.hits.map(({ file }) => file))]).toEqual(['b.py']);
    expect(readFileSync(join(place.root, '.secrets.baseline'))).toEqual(baseline);
  });

  it('gitleaks is asked for the files we search; one that fails is told', async () => {
    const place = new Place();
    const folder = join(place.home, 'bin');
    mkdirSync(folder);
    // What gitleaks 8.28 printed for two files.
    const printed = [
      { RuleID: 'aws-access-token', StartLine: 3, File: 'a.py', Match: 'REDACTED', Secret: 'REDACTED' },
      { RuleID: 'github-pat', StartLine: 1, File: '.venv/x.py', Match: 'REDACTED', Secret: 'REDACTED' },
    ];
    const program = (text: string): void => {
      writeFileSync(join(folder, 'gitleaks'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    };
    program(`[ "$1" = dir ] && case "$*" in *--redact=100*) cat <<'END'\n${JSON.stringify(printed)}\nEND\nesac`);
    const ask = () => askDetectors(place.scope, `${folder}:/usr/bin:/bin`, ['a.py'], signal);
    expect((await ask())[0]).toMatchObject({
      failed: false,
      hits: [{ file: 'a.py', line: 3, rule: 'gitleaks/aws-access-token' }],
    });
    program('echo unknown command >&2; exit 1');
    expect((await ask())[0]).toEqual({ detector: 'gitleaks', hits: [], failed: true });
  });
});

describe('SARIF', () => {
  const hits: Hit[] = [
    {
      place: 'file',
      file: 'src/a b#ä.py',
      line: 3,
      rule: 'stored-value',
      what: 'the value of auth',
      secret: 'auth',
      environment: 'staging',
    },
    {
      place: 'history',
      file: 'old.ini',
      line: 1,
      rule: 'github-token',
      what: 'a token of GitHub',
      commit: '0123456789ab',
    },
    {
      place: 'history',
      file: '(commit message)',
      line: 2,
      rule: 'github-token',
      what: 'a token of GitHub',
      commit: '0123456789ab',
    },
    {
      place: 'shell',
      file: '~/.bash_history',
      line: 2,
      rule: 'stored-value',
      what: 'the value of other',
      secret: 'other',
    },
    { place: 'npm', file: '/srv/npm cache/_logs/x.log', line: 1, rule: 'npm-token', what: 'a token of npm' },
    { place: 'npm', file: 'C:\\npm\\x.log', line: 1, rule: 'npm-token', what: 'a token of npm' },
  ];
  const check = (text: string): string => {
    const code = `import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
print([error.message for error in validator.iter_errors(json.load(sys.stdin))])`;
    const schema = join(repository, 'test', 'fixtures', 'sarif', 'sarif-2.1.0.json');
    return execFileSync(join(venv, 'bin', 'python'), ['-c', code, schema], { input: text, encoding: 'utf8' }).trim();
  };

  it.each([[hits], [[]]])('is valid by the schema of OASIS, without snippets', some => {
    const text = sarifOf(some, '1.0.0');
    expect(check(text)).toBe('[]');
    expect(text).not.toMatch(/snippet|fingerprint/i);
  });

  it('would be told apart from what is not valid', () => {
    expect(check(sarifOf(hits, '1.0.0').replaceAll('"startLine": 3', '"startLine": 0'))).not.toBe('[]');
  });

  it('leads to each file, and never names the home folder', () => {
    const { runs } = JSON.parse(sarifOf(hits, '1.0.0')) as {
      runs: { results: { locations: { physicalLocation: { artifactLocation: object } }[] }[] }[];
    };
    expect(runs[0]?.results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation)).toEqual([
      { uri: 'src/a%20b%23%C3%A4.py', uriBaseId: 'ROOT' },
      { uri: 'old.ini', uriBaseId: 'ROOT' },
      { uri: '(commit%20message)', uriBaseId: 'ROOT' },
      { uri: '.bash_history', uriBaseId: 'HOME' },
      { uri: 'file:///srv/npm%20cache/_logs/x.log' },
      { uri: 'file:///C:/npm/x.log' },
    ]);
  });
});
