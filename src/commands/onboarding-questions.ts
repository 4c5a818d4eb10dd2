import { EXIT, Interrupted } from '../core/errors.ts';
import type { Ask } from '../core/ports.ts';
import { NotConfirmed } from '../engine/not-confirmed.ts';
import { episodeStart } from '../onboarding/clone.ts';
import { blockedOn, episodeOf } from '../onboarding/episode.ts';
import { BLOCKED_ON, type BlockedOn, COHORTS, type Cohort, type LedgerRecord } from '../onboarding/events.ts';
import { now } from '../system/clock.ts';
import type { Told } from './record.ts';

const REASONS: Readonly<Record<BlockedOn, string>> = {
  access: 'access that somebody has to give me',
  secret: 'a secret I do not have yet',
  network: 'the network, or a server',
  hardware: 'this machine: a disk, a device, another machine',
  human: 'an answer or help from a person',
};
const COHORT_WORDS: Readonly<Record<Cohort, string>> = {
  new: 'I am new to it',
  experienced: 'I know it; this is another machine or clone',
  returning: 'I come back after a while',
};

/** How a setup ended, as far as the questions depend on it. */
interface End {
  exit: number;
  ready: boolean;
  error?: unknown;
}

/**
 * Asks what nobody but the person knows, and only while the onboarding is open: what a run that stopped waits for, the
 * likeliest first; and once how they come to the project.
 * @param told what flags and answers say already; that is not asked.
 */
export async function askOnboarding(
  ask: Ask,
  records: readonly LedgerRecord[],
  root: string,
  end: End,
  told: Told,
): Promise<Told> {
  const episode = episodeOf(records);
  if (episode?.state === 'completed' || wasStopped(end)) return told;
  if (!episode && episodeStart(root, now().wall).kind === 'worktree') return told;
  const answers = { ...told };
  try {
    if (end.exit !== EXIT.ok) answers.blockedOn ??= await askReason(ask, end);
    const isOver = end.ready || answers.blockedOn !== undefined;
    if (isOver && episode?.cohort === undefined) answers.cohort ??= await askCohort(ask);
  } catch (error) {
    // An answer that is not given is no reason to lose what is known.
    if (!(error instanceof Interrupted)) throw error;
  }
  return answers;
}

/** The person ended it, by a key or by saying no to the plan: nothing is waited for. */
function wasStopped({ exit, error }: End): boolean {
  return exit === EXIT.interrupted || exit === EXIT.terminated || error instanceof NotConfirmed;
}

async function askReason(ask: Ask, end: End): Promise<BlockedOn | undefined> {
  const guess = blockedOn(end.exit, undefined);
  const reasons = [...BLOCKED_ON].sort((a, b) => Number(b === guess) - Number(a === guess));
  const none = { value: '', label: 'nothing: I go on by myself' };
  const choices = reasons.map(value => ({ value, label: REASONS[value] }));
  const why = end.error instanceof Error ? `${end.error.message} ` : '';
  const answer = await ask({
    kind: 'select',
    id: 'blocked-on',
    message: `${why}What does it wait for?`,
    choices: guess === undefined ? [none, ...choices] : [...choices, none],
  });
  return answer.kind === 'value' ? BLOCKED_ON.find(reason => reason === answer.value) : undefined;
}

async function askCohort(ask: Ask): Promise<Cohort | undefined> {
  const answer = await ask({
    kind: 'select',
    id: 'cohort',
    message: 'How do you come to this project? The answer stays on this machine, for the report.',
    choices: COHORTS.map(value => ({ value, label: COHORT_WORDS[value] })),
  });
  return answer.kind === 'value' ? COHORTS.find(cohort => cohort === answer.value) : undefined;
}
