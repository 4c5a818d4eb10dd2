import { EXIT } from '../core/errors.ts';
import { configFile } from '../system/user-config.ts';
import { type Delivery, readDelivery } from '../telemetry/delivery.ts';
import { Spool } from '../telemetry/spool.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { printWords } from '../terminal/output.ts';
import { ago } from '../terminal/summary.ts';
import type { Session } from './session.ts';
import { telemetryHere } from './telemetry-here.ts';

/** `telemetry status`: on or off, and what decided; where to, how it goes, what waits. Sends nothing. */
export async function status(session: Session): Promise<number> {
  const { options, paths, command } = session;
  const { consent, decision } = telemetryHere(session);
  const delivery = readDelivery(paths.state);
  const waiting = new Spool(paths.state).size;
  const endpoint = decision.sends ? decision.endpoint : (consent?.endpoint ?? null);
  if (options.json) {
    printJson({
      schema: 1,
      kind: 'telemetry',
      action: 'status',
      sends: decision.sends,
      decidedBy: decision.by,
      endpoint,
      since: consent?.since ?? null,
      token: decision.sends ? decision.token !== undefined : (consent?.token ?? false),
      waiting,
      delivery: {
        delivered: timeOf(delivery.delivered),
        tried: timeOf(delivery.tried),
        trouble: delivery.trouble ?? null,
        notBefore: timeOf(delivery.notBefore),
        dropped: delivery.dropped ?? 0,
        rejected: delivery.rejected ?? 0,
      },
    });
    return EXIT.ok;
  }
  const rows: [string, string][] = [
    ['sending', decision.sends ? 'yes' : `no: ${decision.why}`],
    ['decided by', decision.by === 'config.toml' ? configFile(paths) : decision.by],
  ];
  if (endpoint !== null) rows.push(['endpoint', `${endpoint}${consent ? `, agreed on ${consent.since}` : ''}`]);
  if (decision.sends) {
    const { delivered, dropped = 0, rejected = 0 } = delivery;
    rows.push(['delivered', delivered === undefined ? 'nothing yet' : ago(Date.now() - delivered)]);
    if (delivery.trouble !== undefined) rows.push(['trouble', troubleText(delivery, decision.endpoint)]);
    if (dropped > 0) rows.push(['given up', `${dropped} batch${dropped === 1 ? '' : 'es'}`]);
    if (rejected > 0) rows.push(['refused', `${rejected} spans or points, by the Collector`]);
  }
  rows.push(['waiting', `${waiting} trace${waiting === 1 ? '' : 's'}`]);
  rows.push(['to see it', `${command} telemetry show`]);
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) printWords(`${label.padEnd(width)}  ${clean(text)}`);
  return EXIT.ok;
}

/** Why nothing gets through, in a sentence. */
export function troubleText({ trouble, status: code }: Delivery, endpoint: string): string {
  const answered = code === undefined ? '' : ` (status ${code})`;
  const texts: Record<NonNullable<Delivery['trouble']>, string> = {
    unreachable: `${endpoint} does not answer.`,
    busy: `${endpoint} asks to be left alone for now${answered}.`,
    token: `${endpoint} does not accept the token, or wants one${answered}.`,
    path: `${endpoint} has no place for OTLP${answered}.`,
    redirect: `${endpoint} sends us on to another address, which is not followed${answered}.`,
    'no collector': `What answers at ${endpoint} is no Collector, perhaps the login page of a network.`,
    certificate: `The certificate of ${endpoint} is not one that is trusted here.`,
  };
  return trouble === undefined ? '' : texts[trouble];
}

function timeOf(wall: number | undefined): string | null {
  return wall === undefined ? null : new Date(wall).toISOString();
}
