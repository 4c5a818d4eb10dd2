/** What a service said when it was shown a credential. `why` is one sentence and never holds any of it. */
export type LiveAnswer =
  | { kind: 'accepted' }
  | { kind: 'refused'; why: string }
  /** It accepts everybody, so its answer says nothing about the value. */
  | { kind: 'open'; why: string }
  /** There was no answer that could be believed. */
  | { kind: 'unreachable'; why: string };
