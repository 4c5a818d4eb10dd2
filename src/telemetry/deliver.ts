import { type Delivery, readDelivery, writeDelivery } from './delivery.ts';
import { type Route, type Sent, sendBatch } from './send.ts';
import { Spool } from './spool.ts';

/** All that a run may spend on sending, milliseconds (facts telemetry §4). */
export const BUDGET_MS = 1500;
/** What a person waits for who asks to send what waits. */
export const FLUSH_MS = 30_000;

/** The longest pause after tries that took long, milliseconds. */
const LONGEST_PAUSE = 3_600_000;

export interface Delivered {
  /** Batches that the collector took. */
  sent: number;
  /** Traces that still wait. */
  waiting: number;
  delivery: Delivery;
}

/**
 * Sends metrics and then the traces that wait, the oldest first, until one does not get through or the time is up.
 * @param metrics a request of OTLP JSON; undefined when there is nothing to tell.
 * @param route its signal ends the sending; what was not sent waits for the next time.
 * @param asked a person asked for it: no pause is kept.
 */
export async function deliver(
  state: string,
  metrics: string | undefined,
  route: Route,
  asked = false,
): Promise<Delivered> {
  const spool = new Spool(state);
  let delivery = readDelivery(state);
  const wall = Date.now();
  if (!asked && (delivery.notBefore ?? 0) > wall) return { sent: 0, waiting: spool.size, delivery };
  let sent = 0;
  let blocked = false;
  const note = (outcome: Sent): void => {
    if (outcome.kind === 'delivered') sent += 1;
    blocked = outcome.kind === 'retry' || outcome.kind === 'held';
    delivery = after(delivery, outcome, Date.now());
  };
  if (metrics !== undefined) note(await sendBatch('metrics', metrics, route));
  while (!blocked) {
    const batch = spool.take();
    if (!batch) break;
    const outcome = await sendBatch('traces', batch.body, route);
    if (outcome.kind === 'delivered' || outcome.kind === 'dropped') batch.done();
    else batch.back();
    note(outcome);
  }
  writeDelivery(state, delivery);
  return { sent, waiting: spool.size, delivery };
}

/** Keeps traces for the next sending; how many older ones had to go for them is counted. */
export function keepTraces(state: string, body: string): void {
  const lost = new Spool(state).add(body);
  if (lost === 0) return;
  const delivery = readDelivery(state);
  writeDelivery(state, { ...delivery, dropped: (delivery.dropped ?? 0) + lost });
}

function after(before: Delivery, outcome: Sent, wall: number): Delivery {
  const { trouble: _, status: __, notBefore: ___, failures = 0, ...counts } = before;
  const tried = { ...counts, tried: wall };
  switch (outcome.kind) {
    case 'delivered': {
      const rejected = (before.rejected ?? 0) + outcome.rejected;
      return { ...tried, delivered: wall, ...(rejected > 0 ? { rejected } : {}) };
    }
    case 'dropped':
      return { ...tried, dropped: (before.dropped ?? 0) + 1, status: outcome.status };
    case 'held':
      return { ...tried, trouble: outcome.reason, ...statusOf(outcome.status), failures: failures + 1 };
    case 'retry': {
      const many = outcome.slow || outcome.status !== undefined ? failures + 1 : failures;
      const pause =
        outcome.after === undefined
          ? many === 0
            ? 0
            : Math.min(LONGEST_PAUSE, 2 ** (many - 1) * 60_000)
          : outcome.after * 1000;
      return {
        ...tried,
        trouble: outcome.status === undefined ? 'unreachable' : 'busy',
        ...statusOf(outcome.status),
        ...(pause > 0 ? { notBefore: wall + pause } : {}),
        ...(many > 0 ? { failures: many } : {}),
      };
    }
  }
}

function statusOf(status: number | undefined): { status?: number } {
  return status === undefined ? {} : { status };
}
