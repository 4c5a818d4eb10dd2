import { EXIT } from '../core/errors.ts';
import type { LiveAnswer } from '../core/live-check.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { givenByCaller } from '../secrets/given.ts';
import { type IndexEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, printWords } from '../terminal/output.ts';
import { pad } from '../terminal/text.ts';
import { liveCheck, ruledOut, showToService } from './live-checking.ts';
import { storeFor } from './secret-values.ts';
import { declared } from './secrets-item.ts';
import { itemFor, requireLinked, type Session } from './session.ts';

type Answer = LiveAnswer['kind'] | 'unchecked' | 'missing' | 'ruled out';

interface Row {
  name: string;
  variable: string;
  from: 'variable' | 'store' | null;
  answer: Answer;
  why: string;
}

const WORDS: Record<Answer, string> = {
  accepted: 'accepted',
  refused: 'not accepted',
  open: 'not to be checked',
  unreachable: 'no answer',
  unchecked: 'no check',
  missing: 'missing',
  'ruled out': 'not sent',
};

/**
 * `secrets check [NAME]`: shows what is stored to its service and says what that said; never a value.
 * @returns 2 when one is refused, may not be sent, or is missing though required; 69 when there is no answer; else 0.
 */
export async function checkSecrets(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const { wanted } = workspace;
  const secrets = name === undefined ? wanted.secrets : [declared(workspace, name)];
  const linked = requireLinked(workspace);
  refuseDebugging(session.env);
  forbidCoreFiles();
  const index = readIndex(session.paths.state, linked.namespace);
  const itemOf = (secret: WantedSecret) => itemFor(linked, wanted.environment, secret);
  const stored = secrets.filter(secret => givenByCaller(secret, session.env) === undefined);
  const store = await storeFor(session, workspace, stored);
  const values = await store.get(stored.map(itemOf));
  const learned: Record<string, IndexEntry> = {};
  const rowFor = async (secret: WantedSecret): Promise<Row> => {
    const given = givenByCaller(secret, session.env);
    const value = given ?? values[stored.indexOf(secret)];
    const row = { name: secret.name, variable: secret.env };
    if (!value) return { ...row, from: null, answer: 'missing', why: secret.required ? '' : 'It is optional.' };
    const { user } = itemOf(secret);
    const entry = index[user];
    const from = given === undefined ? 'store' : 'caller';
    const said = session.options.offline
      ? ({ kind: 'unreachable', why: 'Nothing is asked with --offline.' } as const)
      : await showToService({ secret, value, from, entry }, session, workspace).catch(ruledOut);
    const live = said?.kind === 'ruled out' ? undefined : liveCheck(said);
    if (live && entry && from === 'store') learned[user] = { ...entry, live };
    const why = said === undefined ? 'The manifest names none.' : 'why' in said ? said.why : '';
    return { ...row, from: from === 'store' ? 'store' : 'variable', answer: said?.kind ?? 'unchecked', why };
  };
  const rows = await Promise.all(secrets.map(rowFor));
  await updateIndex(session.paths.state, linked.namespace, learned);
  show(session, wanted.environment, rows);
  return exitFor(rows, secrets);
}

function show(session: Session, environment: string, rows: readonly Row[]): void {
  if (session.options.json) {
    printJson({ schema: 1, kind: 'secrets', action: 'check', environment, secrets: rows });
    return;
  }
  if (rows.length === 0) print(`${environment} declares no secrets.`);
  const width = Math.max(...rows.map(row => row.name.length));
  for (const row of rows)
    printWords(`${pad(row.name, width)}  ${WORDS[row.answer]}${row.why && `: ${clean(row.why)}`}`);
}

function exitFor(rows: readonly Row[], secrets: readonly WantedSecret[]): number {
  const required = (row: Row): boolean => secrets.some(({ name, required }) => name === row.name && required);
  const wrong = ({ answer }: Row): boolean => answer === 'refused' || answer === 'ruled out';
  if (rows.some(row => wrong(row) || (row.answer === 'missing' && required(row)))) return EXIT.pending;
  return rows.some(({ answer }) => answer === 'unreachable') ? EXIT.unreachable : EXIT.ok;
}
