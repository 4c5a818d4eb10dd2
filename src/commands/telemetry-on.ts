import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { linkedOf, readRegistry } from '../engine/registry.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { configFile } from '../system/user-config.ts';
import { type Consent, readConsent, writeConsent } from '../telemetry/consent.ts';
import { forgetDelivery } from '../telemetry/delivery.ts';
import { checkedEndpoint, DEFAULT_ENDPOINT, ENDPOINT_VARIABLE } from '../telemetry/endpoint.ts';
import { forgetIdentity } from '../telemetry/identity.ts';
import { probeOtlp } from '../telemetry/probe.ts';
import { Spool } from '../telemetry/spool.ts';
import { printJson } from '../terminal/json-view.ts';
import { say, windowSize } from '../terminal/output.ts';
import { readStdin } from '../terminal/streams.ts';
import { hang, wrap } from '../terminal/text.ts';
import { goAhead, openAsk } from './asking.ts';
import { warnAboutKeyring } from './keyring-warning.ts';
import { openStore, type Session } from './session.ts';
import { TOKEN_ITEM, telemetryHere } from './telemetry-here.ts';
import { AGREEMENT } from './telemetry-words.ts';

/** `telemetry on`: shows endpoint, fields, purpose and retention, and asks; then it is bound to that endpoint. */
export async function switchOn(session: Session): Promise<number> {
  const { options, paths, env, ci } = session;
  if (ci) throw notInCi();
  const endpoint = endpointFrom(options.endpoint ?? (env[ENDPOINT_VARIABLE] || DEFAULT_ENDPOINT));
  const file = configFile(paths);
  const before = readConsent(file);
  if (!options.quiet && !options.json) sayAgreement(endpoint);
  await agreed(session, endpoint);
  const token =
    options.token === true ? await storeToken(session, endpoint) : before?.endpoint === endpoint && before.token;
  if (before && before.endpoint !== endpoint) {
    // What was collected for one endpoint never goes to another.
    new Spool(paths.state).clear();
    if (before.token && !token) await removeToken(session);
  }
  forgetDelivery(paths.state);
  const consent: Consent = { endpoint, since: new Date().toISOString().slice(0, 10), token };
  writeConsent(file, consent);
  const { decision } = telemetryHere(session);
  if (options.json) {
    printJson({ schema: 1, kind: 'telemetry', action: 'on', endpoint, token, file, sends: decision.sends });
    return EXIT.ok;
  }
  if (options.quiet) return EXIT.ok;
  say(`Telemetry is on, for ${endpoint} alone. To see what is sent: ${session.command} telemetry show`);
  if (!decision.sends) say(`Nothing is sent all the same: ${decision.why}`);
  else await sayProbe(session, endpoint);
  return EXIT.ok;
}

/** `telemetry off`: nothing of it stays, neither what waits nor the id nor the token. */
export async function switchOff(session: Session): Promise<number> {
  const { options, paths } = session;
  const file = configFile(paths);
  const before = readConsent(file);
  writeConsent(file, undefined);
  const spool = new Spool(paths.state);
  const waited = spool.size;
  spool.clear();
  forgetDelivery(paths.state);
  for (const record of Object.values(readRegistry(paths))) forgetIdentity(linkedOf(paths, record).state);
  if (before?.token) await removeToken(session);
  if (options.json) printJson({ schema: 1, kind: 'telemetry', action: 'off', was: before?.endpoint ?? null, waited });
  else if (!options.quiet) {
    say(before ? 'Telemetry is off. The random id is forgotten.' : 'Telemetry was off already.');
    if (waited > 0)
      say(`${waited} ${waited === 1 ? 'trace that waited is' : 'traces that waited are'} deleted, not sent.`);
  }
  return EXIT.ok;
}

function sayAgreement(endpoint: string): void {
  const width = windowSize().columns;
  const rows: [string, string][] = [['where', `${endpoint}, and nowhere else`], ...AGREEMENT];
  const column = Math.max(...rows.map(([label]) => label.length));
  for (const line of wrap('Telemetry tells your team how long it takes to get going, and what stops people.', width))
    say(line);
  say('');
  for (const [label, text] of rows) for (const line of hang(`  ${label.padEnd(column)}  `, text, width)) say(line);
  say('');
}

/** Only a person, or a flag that means just this, agrees: not CI, not --no-input. */
function agreed(session: Session, endpoint: string): Promise<void> {
  return goAhead(session, {
    message: 'Send this from now on?',
    default: false,
    undone: 'Telemetry stays off',
    cause: 'It goes on only when somebody agrees: here on a terminal, or with --yes.',
    next: `${again(endpoint)} --yes${session.options.token === true ? ' --token' : ''}`,
    instead: 'hotpass-bootstrap telemetry show',
    yes: session.options.yes === true,
  });
}

/** What is agreed to next time is this endpoint too, not the default one. */
const again = (endpoint: string): string => `hotpass-bootstrap telemetry on --endpoint ${quoteWord(endpoint)}`;

function endpointFrom(text: string): string {
  const endpoint = checkedEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  throw new UserError({
    id: 'HB463',
    message: 'Nothing is sent to that address.',
    cause:
      'An endpoint begins with https://, or with http:// when it is on this machine; it holds no user name, no password and no query.',
    next: 'hotpass-bootstrap telemetry on --endpoint https://otel.example.com:4318',
    exit: EXIT.invalid,
  });
}

function notInCi(): UserError {
  return new UserError({
    message: 'A CI job has nobody to agree to telemetry.',
    cause: `There it is on where the job's own settings name an endpoint in ${ENDPOINT_VARIABLE}, and a token in HOTPASS_BOOTSTRAP_OTLP_TOKEN.`,
    next: 'hotpass-bootstrap telemetry status',
    exit: EXIT.usage,
  });
}

/** From a prompt, or from standard input. */
async function storeToken(session: Session, endpoint: string): Promise<true> {
  refuseDebugging(session.env);
  forbidCoreFiles();
  const value = (await tokenValue(session, endpoint)).trim();
  if (!/^[\x21-\x7e]{8,4096}$/.test(value)) {
    throw new UserError({
      message: 'That is not a token.',
      cause: 'It is one word of 8 to 4096 printable characters, without "Bearer".',
      next: `${again(endpoint)} --token`,
      exit: EXIT.invalid,
    });
  }
  session.redactor.add(value);
  const { store, choice } = await openStore(session, '');
  if (!store.writable) {
    throw new UserError({
      message: 'There is no store here that could keep a token.',
      cause: 'Secrets come from variables on this machine.',
      next: 'hotpass-bootstrap secrets where',
      exit: EXIT.inputNeeded,
    });
  }
  warnAboutKeyring(session, choice);
  await store.set(TOKEN_ITEM, value);
  return true;
}

async function tokenValue(session: Session, endpoint: string): Promise<string> {
  if (!session.interactive) {
    const given = await readStdin();
    return 'text' in given ? given.text : '';
  }
  const ask = await openAsk(session);
  const answer = await ask(
    {
      kind: 'secret',
      id: 'telemetry-token',
      message: 'Token',
      description: `For ${endpoint}; sent as a bearer token, there alone.`,
      optional: false,
      validate: value => (value.trim() === '' ? 'A token is needed.' : undefined),
    },
    session.abort.signal,
  );
  return answer.kind === 'value' ? answer.value : '';
}

async function removeToken(session: Session): Promise<void> {
  const { store } = await openStore(session, '');
  if (store.writable) await store.remove(TOKEN_ITEM);
}

const PROBED = {
  ok: 'A Collector answers there.',
  auth: 'A Collector answers there and wants a token.',
  down: 'Nobody answers there now. What cannot be sent waits, and is sent later.',
  hangs: 'There is no answer from there now. What cannot be sent waits, and is sent later.',
  tls: 'The connection to it cannot be trusted, so nothing is sent until that is mended.',
  swapped: 'What answers there speaks gRPC; this tool speaks OTLP over HTTP, mostly on port 4318.',
  redirect: 'It sends us on to another address, which is not followed.',
  other: 'What answers there is no Collector.',
} as const;

async function sayProbe(session: Session, endpoint: string): Promise<void> {
  if (session.options.offline) return;
  const { kind } = await probeOtlp(endpoint, 'http/protobuf', session.env, session.abort.signal);
  say(PROBED[kind]);
}
