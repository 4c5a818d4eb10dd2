import { type LedgerRecord, SCHEMA } from './events.ts';

/** A line of any schema, as far as all have in common. */
export interface AnyRecord {
  schema: number;
  seq: number;
  wall: number;
  event: string;
  [key: string]: unknown;
}

/** What makes a record of the next schema out of one of this. */
const UPGRADES: Readonly<Record<number, (record: AnyRecord) => AnyRecord>> = {
  // How long a question was open was not recorded: at least as long as the machine waited for it.
  1: record =>
    record.event === 'run_finished' || record.event === 'onboarding_completed'
      ? { ...record, asked: record['asked'] ?? record['prompt'] }
      : record,
};

/** A record as today's schema has it; undefined when it is of a later one. The file stays as it is. */
export function upgraded(record: AnyRecord | undefined): LedgerRecord | undefined {
  let current = record;
  while (current && current.schema < SCHEMA) {
    const upgrade = UPGRADES[current.schema];
    current = upgrade && { ...upgrade(current), schema: current.schema + 1 };
  }
  return current?.schema === SCHEMA ? (current as unknown as LedgerRecord) : undefined;
}
