import { EXIT } from '../core/errors.ts';
import type { Workspace } from '../engine/workspace.ts';
import { resolve } from '../manifest/resolve.ts';
import { overrideFindings } from '../prefect/overrides.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import { listProfiles, type ProfileRow } from '../steps/prefect/list.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { printWords, say, windowSize } from '../terminal/output.ts';
import { findingBlock } from '../terminal/plan-view.ts';
import { pad, widthOf } from '../terminal/text.ts';
import { contextOf } from './looking.ts';
import { openStore, type Session } from './session.ts';

/** `profile list`: the environments of the manifest and what their Prefect profiles are on this machine. */
export async function listCommand(session: Session, workspace: Workspace): Promise<number> {
  const { loaded, wanted } = workspace;
  const { store } = await openStore(session, wanted.root);
  const ctx = contextOf(session, workspace, store, { recheck: true });
  const all = loaded.environments.map(environment => resolve(loaded, { environment }));
  const { path, active, rows } = await listProfiles(ctx, all);
  // What beats the profile as a whole; single settings are the business of plan and doctor.
  const settings = wanted.prefect && (await readWorkspaceSettings(wanted.root, session.env));
  const findings =
    wanted.prefect && settings ? overrideFindings(settings, wanted.prefect).filter(({ id }) => id === 'HB206') : [];
  if (session.options.json) {
    const environments = rows.map(({ profile, apiUrl, foundUrl, ...row }) => ({
      ...row,
      profile: profile ?? null,
      apiUrl: apiUrl ?? null,
      foundUrl: foundUrl ?? null,
    }));
    printJson({
      schema: 1,
      kind: 'profile',
      action: 'list',
      file: path,
      active: active ?? null,
      environments,
      findings,
    });
    return EXIT.ok;
  }
  const name = Math.max(...rows.map(row => widthOf(row.environment)));
  const profile = Math.max(...rows.map(row => widthOf(row.profile ?? '-')));
  for (const row of rows) {
    const mark = row.selected ? '*' : ' ';
    printWords(
      `${mark} ${pad(clean(row.environment), name)}  ${pad(clean(row.profile ?? '-'), profile)}  ${words(row)}`,
    );
  }
  if (session.options.quiet) return EXIT.ok;
  say(clean(`* is the environment of this folder; the profiles are in ${path}.`));
  if (active !== undefined && !rows.some(row => row.active)) say(clean(`Prefect itself uses the profile ${active}.`));
  const look = { style: session.style, width: windowSize().columns, command: session.command };
  for (const finding of findings) for (const line of findingBlock(finding, look)) say(line);
  const foreign = rows.find(row => row.state === 'not ours' && row.differs.length > 0);
  if (foreign) say(`To have one looked after: ${session.command} profile adopt ${foreign.profile}`);
  return EXIT.ok;
}

function words({ state, apiUrl, foundUrl, differs, secrets, active }: ProfileRow): string {
  const states = {
    ours: 'in order',
    different: 'not as the manifest wants it',
    'not ours': 'made by somebody else',
    missing: 'not there yet',
    none: 'no Prefect profile',
  };
  const parts = [clean(states[state]), ...(active ? ['active'] : [])];
  if (differs.length > 0) parts.push(`differs in ${differs.join(', ')}`);
  if (secrets.length > 0) parts.push(`holds ${secrets.join(', ')} in the clear`);
  const url =
    foundUrl !== undefined && foundUrl !== apiUrl ? `${foundUrl}, wanted ${apiUrl ?? 'none'}` : (apiUrl ?? '');
  return `${parts.join('; ')}${url === '' ? '' : `  ${clean(url)}`}`;
}
