/** Stable id of a finding; never reused once published. */
export type FindingId = `HB${number}`;

/** Something worth a person's attention (contracts §2). */
export interface Finding {
  id: FindingId;
  level: 'fail' | 'warn' | 'info';
  /** One sentence: what is so. */
  message: string;
  /** Why it matters, or where it comes from. */
  cause: string;
  /** A command that mends it, runnable as it stands; `safe` ones may be applied by `doctor --fix`. */
  fix?: { command: string; safe: boolean };
  /** Page of the documentation, relative to the repository; `doctor HB221` prints it. */
  docs: string;
}

/** Builds a finding; the page follows from the id. */
export function finding(
  id: FindingId,
  level: Finding['level'],
  message: string,
  cause: string,
  fix?: Finding['fix'],
): Finding {
  return { id, level, message, cause, ...(fix ? { fix } : {}), docs: `docs/findings/${id}.md` };
}
