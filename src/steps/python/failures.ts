import { EXIT, type ExitCode, UserError } from '../../core/errors.ts';
import type { FindingId } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';

export type FailureName =
  | 'proxy'
  | 'sign-in-page'
  | 'certificate'
  | 'tls'
  | 'disk-full'
  | 'git-network'
  | 'git'
  | 'auth'
  | 'python-download'
  | 'offline'
  | 'server'
  | 'network'
  | 'broken-download'
  | 'hash'
  | 'not-found'
  | 'no-lock'
  | 'stale-lock'
  | 'lock-schema'
  | 'corrupt-lock'
  | 'extra'
  | 'conflict'
  | 'platform'
  | 'usage'
  | 'uv-version'
  | 'project-file'
  | 'no-python'
  | 'python-pin'
  | 'python-broken'
  | 'not-an-environment'
  | 'read-only'
  | 'path-missing'
  | 'no-build'
  | 'build'
  | 'resolution'
  | 'other';

export interface Failure {
  name: FailureName;
  id: FindingId;
  /** A stable piece of uv's standard error; groups fill `$1`, `$2` in the sentences. */
  match: RegExp;
  message: string;
  cause: string;
  next: string;
  exit: ExitCode;
  /** Worth one more try as it is. */
  retry?: true;
}

const AGAIN = 'hotpass-bootstrap setup';
const { failed, unreachable, invalid } = EXIT;

/**
 * How uv fails, by what it writes to standard error: its exit status cannot tell (facts uv §0.3). The first row that
 * matches counts: TLS, disk, auth, Python download, proxy, network, lock, extra, build (facts uv, failure table; real-world 8).
 */
// biome-ignore format: one row a failure
export const FAILURES: readonly Failure[] = [
  { name: 'certificate', id: 'HB231', match: /invalid peer certificate: (?:Expired|NotValidYet|certificate (?:expired|not valid yet))/, exit: unreachable,
    message: 'The certificate of the package index is not valid today.',
    cause: 'It has ended, or the clock of this machine is wrong.',
    next: 'hotpass-bootstrap doctor' },
  { name: 'certificate', id: 'HB231', match: /invalid peer certificate: (?:NotValidForName|certificate not valid for name "([^"]*)")/, exit: unreachable,
    message: 'The certificate of the package index is for another name.',
    cause: 'Something on the way answers in its place: the sign-in page of a network, or a proxy.',
    next: AGAIN },
  { name: 'tls', id: 'HB231', match: /invalid peer certificate|No CA certificates were loaded/, exit: unreachable,
    message: 'The certificate of the package index is not trusted here.',
    cause: 'A proxy that inspects traffic, or an index with an authority of its own: SSL_CERT_FILE or NODE_EXTRA_CA_CERTS must name a file with that authority.',
    next: 'hotpass-bootstrap doctor' },
  { name: 'disk-full', id: 'HB237', match: /No space left on device|os error 112\b|Disk quota exceeded/, exit: failed,
    message: 'The disk is full, so the Python environment is incomplete.',
    cause: 'uv had no room for the packages; the next run checks every file and completes what is missing.',
    next: 'df -h' },
  { name: 'git-network', id: 'HB244', match: /Git operation failed[\s\S]*(Could not resolve host|Connection refused|timed out|unable to access)/, exit: unreachable,
    message: 'A dependency comes from a git server that does not answer.',
    cause: 'uv fetches it with git, which said: $1.',
    next: AGAIN },
  { name: 'git', id: 'HB244', match: /Git operation failed|detected dubious ownership|unable to detect version|LookupError: setuptools-scm/, exit: failed,
    message: 'A version or a dependency that comes from git could not be had.',
    cause: 'The repository is not reachable with your access, or this clone lacks the history and tags that the version is made from.',
    next: 'git fetch --tags --unshallow' },
  { name: 'auth', id: 'HB232', match: /\((401 Unauthorized|403 Forbidden)\)|returned a (403 Forbidden) error|(Missing credentials) for:/, exit: unreachable,
    message: 'The package index wants credentials that it did not get or did not accept.',
    cause: 'It answered: $1$2$3. A password belongs in a secret with for = "index:NAME", or in UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD.',
    next: 'hotpass-bootstrap secrets list' },
  { name: 'python-download', id: 'HB229', match: /Failed to (?:download|fetch)[^\n]*python-build-standalone/, exit: failed,
    message: 'There is no Python here that fits, and uv could not fetch one.',
    cause: 'The place where uv gets Python from cannot be reached: install a Python with the packages of your system, or name another place in UV_PYTHON_INSTALL_MIRROR.',
    next: AGAIN },
  { name: 'proxy', id: 'HB496', match: /proxy authorization required|\b(407 Proxy)/, exit: unreachable,
    message: 'The proxy wants a user name and a password.',
    cause: 'They stand in HTTPS_PROXY, written http://user:password@host:port.',
    next: AGAIN },
  { name: 'proxy', id: 'HB496', match: /tunnel error: failed to create underlying connection|error resolving for socks proxy/, exit: unreachable, retry: true,
    message: 'The proxy does not answer.',
    cause: 'HTTPS_PROXY or ALL_PROXY names it; it may belong to another network or a VPN. NO_PROXY lists what is reached without it.',
    next: 'hotpass-bootstrap doctor' },
  { name: 'proxy', id: 'HB496', match: /tunnel error: (\w[^\n]*)/, exit: unreachable,
    message: 'The proxy does not let us through to the package index.',
    cause: 'It answered: $1. It may allow some hosts only; NO_PROXY lists what is reached without it.',
    next: AGAIN },
  { name: 'sign-in-page', id: 'HB497', match: /\(511 Network Authentication Required\)|unexpected header \(actual: 0x[0-9a-f]*3c,/, exit: unreachable,
    message: 'A web page came instead of a package.',
    cause: 'This is what the sign-in page of a network, or a proxy, does: open a web page in a browser and sign in there.',
    next: AGAIN },
  { name: 'offline', id: 'HB236', match: /Network connectivity is disabled|network was disabled/, exit: unreachable,
    message: 'A package is not in the cache, and --offline keeps uv from fetching it.',
    cause: 'The packages of uv.lock have not all been downloaded on this machine yet.',
    next: AGAIN },
  { name: 'server', id: 'HB234', match: /HTTP status server error \((5\d\d [^)]*)\)/, exit: unreachable, retry: true,
    message: 'The package index has a fault of its own.',
    cause: 'It answered: $1, also after retries.',
    next: AGAIN },
  { name: 'network', id: 'HB230', match: /(dns error|tcp connect error|Connection refused|operation timed out|network is unreachable|connection reset|error sending request)/i, exit: unreachable, retry: true,
    message: 'The package index cannot be reached.',
    cause: 'uv said: $1. A network that needs a proxy wants HTTPS_PROXY.',
    next: AGAIN },
  { name: 'broken-download', id: 'HB235', match: /error reading a body from connection|error decoding response body/, exit: unreachable, retry: true,
    message: 'A download broke off.',
    cause: 'The connection to the package index was cut in the middle of a file.',
    next: AGAIN },
  { name: 'hash', id: 'HB235', match: /Hash mismatch for `([^`]+)`/, exit: failed,
    message: '$1 is not the file that uv.lock names.',
    cause: 'Its hash differs, so it was not installed: the index or something on the way serves another file.',
    next: AGAIN },
  { name: 'broken-download', id: 'HB235', match: /Failed to extract archive|Invalid zip file/, exit: failed,
    message: 'What came as a package is not one.',
    cause: 'A sign-in page of the network, or a proxy, may have answered in its place.',
    next: AGAIN },
  { name: 'no-lock', id: 'HB220', match: /Unable to find lockfile at/, exit: failed,
    message: 'There is no uv.lock.',
    cause: 'It says which packages to install and belongs to the project; this tool never makes it silently.',
    next: 'uv lock' },
  { name: 'stale-lock', id: 'HB221', match: /lockfile at [^\n]* needs to be updated/, exit: failed,
    message: 'uv.lock does not match pyproject.toml.',
    cause: 'pyproject.toml was changed after it; whoever changed it has to write both. It is not rewritten silently.',
    next: 'uv lock' },
  { name: 'lock-schema', id: 'HB223', match: /unsupported schema version \((v\d+)/, exit: failed,
    message: 'uv.lock was written by a newer uv.',
    cause: 'Its format $1 is not known to the uv in use.',
    next: AGAIN },
  { name: 'corrupt-lock', id: 'HB222', match: /Failed to parse `uv\.lock`|uv\.lock`: stream did not/, exit: failed,
    message: 'uv.lock cannot be read.',
    cause: 'It is not valid TOML; merge markers are the usual reason.',
    next: 'git checkout HEAD -- uv.lock && uv lock' },
  { name: 'not-found', id: 'HB233', match: /\(404 Not Found\)/, exit: failed,
    message: 'A file that uv.lock names is no longer on the package index.',
    cause: 'It was removed there, or the lock was made with another index.',
    next: 'uv lock' },
  { name: 'extra', id: 'HB224', match: /(Extra|Group) `([^`]+)` is not defined/, exit: failed,
    message: '$1 $2 is not defined in pyproject.toml.',
    cause: 'The [python.profiles] of the manifest ask for it; one of the two names is wrong.',
    next: 'hotpass-bootstrap plan' },
  { name: 'conflict', id: 'HB243', match: /are incompatible with the declared conflicts: ([^\n]*)/, exit: failed,
    message: 'The profile asks for extras or groups that exclude each other.',
    cause: 'pyproject.toml declares the conflict: $1.',
    next: 'hotpass-bootstrap plan' },
  { name: 'platform', id: 'HB243', match: /platform is not compatible with the lockfile's supported environments: ([^\n]*)/, exit: failed,
    message: 'The project is not made for this platform.',
    cause: 'pyproject.toml supports only $1.',
    next: 'grep -n -A4 environments pyproject.toml' },
  { name: 'uv-version', id: 'HB226', match: /Required uv version `([^`]+)` does not match the running version `([^`]+)`/, exit: failed,
    message: 'The project wants uv $1, and $2 was used.',
    cause: 'required-version in pyproject.toml or uv.toml says so, and [python] uv in the manifest lets in another: make the two agree.',
    next: 'grep -nE "required-version|^ *uv *=" *.toml' },
  { name: 'usage', id: 'HB225', match: /invalid value '([^']*)' for '--(link-mode|python-preference|index-strategy|resolution|prerelease|fork-strategy|keyring-provider|exclude-newer|cache-dir|color)/, exit: failed,
    message: 'A setting of uv in your environment has a value that uv does not take.',
    cause: 'It said: $1 is no value of $2; a variable whose name begins with UV_ holds it.',
    next: 'env | grep "^UV_"' },
  { name: 'usage', id: 'HB225', match: /(unexpected argument '[^']*'|cannot be used with|invalid value '[^']*')/, exit: failed,
    message: 'The uv in use does not know an option that is needed.',
    cause: 'It said: $1. It is probably too old; [python] uv = ">=0.9" in the manifest asks for a newer one.',
    next: 'uv --version' },
  { name: 'project-file', id: 'HB227', match: /No `pyproject\.toml` found|Failed to parse: `?pyproject\.toml|No `project` table found/, exit: invalid,
    message: 'pyproject.toml cannot be used.',
    cause: 'It is missing, is not valid TOML, or has no [project].',
    next: 'uv lock --check' },
  { name: 'python-pin', id: 'HB242', match: /resolved to Python ([^,]+), which is incompatible with the project's Python requirement: `([^`]*)`/, exit: failed,
    message: 'The pinned Python $1 does not fit the project, which wants $2.',
    cause: '.python-version or UV_PYTHON names it, requires-python in pyproject.toml excludes it.',
    next: 'uv python find' },
  { name: 'no-python', id: 'HB228', match: /No interpreter found for (Python )?([^\n]*?)( in (?:managed|virtual|search|the search)[^\n]*)?(?:\n|$)/, exit: failed,
    message: 'There is no Python here that fits: $2.',
    cause: 'pyproject.toml or .python-version asks for it, and none was found on this machine.',
    next: 'env UV_PYTHON_DOWNLOADS=manual uv python install $2' },
  { name: 'python-broken', id: 'HB242', match: /Querying Python at `([^`]*)` failed/, exit: failed,
    message: 'The Python of the environment does not start.',
    cause: 'uv asked $1 and got no answer.',
    next: AGAIN },
  { name: 'not-an-environment', id: 'HB240', match: /directory `([^`]*)` cannot be used because it is not a valid Python environment/, exit: failed,
    message: '.venv holds something else than a Python environment.',
    cause: 'Nothing of yours is deleted, so it has to be moved by you.',
    next: 'mv .venv .venv.mine' },
  { name: 'read-only', id: 'HB241', match: /(Read-only file system|Permission denied|Operation not permitted|Access is denied|Failed to initialize cache|Could not acquire lock|os error 5\))/, exit: failed,
    message: 'uv may not write where it has to.',
    cause: 'The system said: $1.',
    next: 'ls -ld . .venv "$HOME/.cache/uv"' },
  { name: 'path-missing', id: 'HB245', match: /Distribution not found at: (\S+)/, exit: failed,
    message: 'A package that pyproject.toml takes from a path is not there.',
    cause: 'Missing is $1: a submodule that was not fetched, or a file that is not in git.',
    next: 'git submodule update --init' },
  { name: 'no-build', id: 'HB239', match: /`([^`=@\s]+)[^`]*`[^`\n]*is marked as `--no-build` but has no binary distribution/, exit: failed,
    message: '$1 of the private index has no wheel, only a source.',
    cause: 'Building it would show the index password to its build script, so it is not built.',
    next: 'uv tree' },
  { name: 'build', id: 'HB238', match: /Failed to (?:build|download and build|prepare distributions)[^\n]*?`([^`]+)`/, exit: failed,
    message: '$1 could not be built.',
    cause: 'Its own build script failed; its words follow.',
    next: AGAIN },
  { name: 'resolution', id: 'HB221', match: /No solution found when resolving/, exit: failed,
    message: 'uv.lock does not match pyproject.toml, and its packages could not be resolved anew.',
    cause: 'pyproject.toml was changed after it; whoever changed it has to write both.',
    next: 'uv lock' },
  { name: 'other', id: 'HB246', match: /(?:)/, exit: failed,
    message: 'uv could not synchronise the Python environment.',
    cause: 'Its own words follow.',
    next: AGAIN },
];

/** Which failure uv's standard error tells of. Warnings that precede the error do not count. */
export function classify(stderr: string): Failure {
  const text = errorPart(stderr);
  return FAILURES.find(row => row.match.test(text)) ?? (FAILURES.at(-1) as Failure);
}

/**
 * The failure as a person should hear it, with uv's own last lines.
 * @param clean removes secrets from what uv said.
 * @param uv how a person can call uv here.
 */
export function failureOf(stderr: string, clean: (text: string) => string = text => text, uv = 'uv'): UserError {
  const row = classify(stderr);
  const groups = row.match.exec(errorPart(stderr)) ?? [];
  const fill = (text: string): string => clean(text.replace(/\$(\d)/g, (_, n: string) => groups[Number(n)] ?? ''));
  const host = PLACES.has(row.name) ? lockedHost(stderr) : undefined;
  const tied = host === undefined ? '' : ` uv.lock names ${host} for it, and no mirror stands in for that.`;
  return new UserError({
    id: row.id,
    message: fill(row.message),
    cause: `${fill(row.cause)}${clean(tied)}`,
    next: row.next
      .replace(/(^|&& |manual )uv /, (_, before: string) => `${before}${uv} `)
      .replace('$2', () => quoteWord(groups[2] ?? '')),
    exit: row.exit,
    lines: lastLines(errorPart(stderr), 8).map(clean),
  });
}

/** Failures that are about a place: there the person wants to know which one, and why this one. */
const PLACES: ReadonlySet<FailureName> = new Set(['auth', 'network', 'not-found', 'server', 'tls']);

/** The host of a locked file that did not come; undefined when the index was asked for something else. */
function lockedHost(stderr: string): string | undefined {
  const url = /Failed to download [^\n]*\n[^\n]*Failed to fetch: `?(https?:\/\/[^\s`]+)/.exec(stderr)?.[1];
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}

/** From the error on, whatever its decoration (it differs by version); all of it when there is no such line. */
function errorPart(stderr: string): string {
  const start = /^[ \t]*(?:error:|×)/m.exec(stderr);
  return start === null ? stderr.replace(/^warning: [^\n]*\n?/gm, '') : stderr.slice(start.index);
}

/** The last lines that say something, without the tree-drawing of older versions. */
export function lastLines(text: string, count: number): string[] {
  return text
    .split('\n')
    .map(line => line.replace(/^\s*(?:error:|×|[├╰]─▶)\s*/, '').trimEnd())
    .filter(line => line.trim() !== '')
    .slice(-count);
}
