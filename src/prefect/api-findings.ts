import { type Finding, type FindingId, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { Redactor } from '../core/redact.ts';
import type { ApiState } from './probe.ts';

/** What is known on this side. */
export interface ApiClient {
  /** Will a credential be sent to it (a declared secret)? */
  credential: boolean;
  /** Version of the Prefect in `.venv`; undefined when there is none. */
  version: string | undefined;
}

/** What a person should know about the API; never a reason for a step to fail. */
export function apiFindings(apiUrl: string, state: ApiState, client: ApiClient): Finding[] {
  const url = new Redactor().clean(apiUrl);
  const look = `curl -i ${quoteWord(`${url.replace(/\/+$/, '')}/health`)}`;
  const warn = (message: string, cause: string, command = look, id: FindingId = 'HB216'): Finding[] => [
    finding(id, 'warn', message, cause, { command, safe: false }),
  ];
  switch (state.kind) {
    case 'up':
      return versionFindings(url, state.version, client.version);
    case 'auth':
      if (client.credential) return [];
      return warn(
        `The Prefect API at ${url} asks for credentials.`,
        'No secret of this environment is sent there, so flows will be refused.',
        'hotpass-bootstrap secrets list',
      );
    case 'down':
      if (state.elsewhere !== undefined) {
        const message = `Nothing answers at ${url}, but a Prefect API does at ${state.elsewhere}.`;
        const cause = 'The server listens on one of the two addresses of this machine only.';
        const here = new URL(url).hostname.replace(/^\[|\]$/g, '');
        return warn(message, cause, `hotpass-bootstrap run -- prefect server start --host ${here}`, 'HB263');
      }
      return warn(
        `Nothing answers at ${url}.`,
        'The profile is right, but flows need this server when they run.',
        /\/\/(localhost|127\.|\[::1\])/.test(url) ? 'hotpass-bootstrap run -- prefect server start' : look,
      );
    case 'hangs':
      return warn(
        `${url} takes the connection but does not answer.`,
        'This is what a VPN or proxy that is off looks like. Prefect itself waits up to 80 seconds for it.',
      );
    case 'no-api':
      if (state.status >= 500)
        return warn(
          `${url} answers that it is out of order (status ${state.status}).`,
          'The server, its database or the gateway before it has a fault of its own, or is still starting.',
        );
      return warn(
        `What answers at ${url} is no Prefect API (status ${state.status}).`,
        'The URL of the API ends in /api; something else may be listening on that port.',
      );
    case 'redirect':
      return warn(
        `${url} sends every request on to ${new Redactor().clean(state.to)}.`,
        'Requests that write arrive there as something else, and a credential is not sent along. The API URL must be the one that answers itself.',
        look,
        'HB261',
      );
    case 'tls':
      return warn(
        `There is no connection to trust to ${url}.`,
        TLS[state.trouble],
        `curl -v ${quoteWord(`${url.replace(/\/+$/, '')}/health`)}`,
        'HB262',
      );
  }
}

const TLS: Record<(ApiState & { kind: 'tls' })['trouble'], string> = {
  untrusted:
    'Its certificate is signed by an authority that is not known here. In a company network this is usually its own one: SSL_CERT_FILE names the file that holds it.',
  date: 'Its certificate is not valid today; the clock of this machine may be wrong.',
  name: 'Its certificate is for another name than the one in the URL.',
  none: 'It does not speak TLS on that port: the URL may have to begin with http://.',
};

/** Prefect refuses a server of another major version, and warns at every start about an older one. */
function versionFindings(url: string, server: string | undefined, client: string | undefined): Finding[] {
  if (server === undefined || client === undefined) return [];
  const [theirs, ours] = [parts(server), parts(client)];
  if (theirs[0] !== ours[0]) {
    const message = `The server at ${url} is Prefect ${server}, and this workspace has ${client}.`;
    const fix = { command: 'uv tree --package prefect', safe: false };
    return [finding('HB260', 'warn', message, 'Prefect stops when the major versions differ.', fix)];
  }
  if (!isOlder(theirs, ours)) return [];
  const message = `The server at ${url} is Prefect ${server}, older than the ${client} of this workspace.`;
  return [finding('HB260', 'info', message, 'Prefect warns about it at every start; newer settings have no effect.')];
}

/** Major, minor and patch; what follows (`rc1`, `+local`) does not decide. */
function parts(version: string): number[] {
  return version
    .split('.')
    .slice(0, 3)
    .map(part => Number.parseInt(part, 10) || 0);
}

function isOlder(a: readonly number[], b: readonly number[]): boolean {
  const at = [0, 1, 2].find(i => (a[i] ?? 0) !== (b[i] ?? 0));
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0);
}
