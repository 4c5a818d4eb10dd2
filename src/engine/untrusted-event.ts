import { InputNeeded } from '../core/errors.ts';
import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';

/** Events in which a job with the rights of the repository may be running somebody else's proposal. */
const EVENTS = ['pull_request_target', 'workflow_run', 'issue_comment'];

interface PullRequestEvent {
  pull_request?: { head?: { repo?: { full_name?: unknown } | null }; base?: { repo?: { full_name?: unknown } } };
}

/**
 * Why this CI job may not approve anything new (security §2): its event is one that outsiders trigger, or the change
 * comes from another repository. Undefined elsewhere; a missing event name is an ordinary push.
 */
export function untrustedEvent(env: Env): string | undefined {
  const event = env['GITHUB_EVENT_NAME'] ?? '';
  if (EVENTS.includes(event)) return `this job runs for the event ${event}`;
  const target = env['CI_MERGE_REQUEST_PROJECT_ID'];
  const source = env['CI_MERGE_REQUEST_SOURCE_PROJECT_ID'];
  if (source && target && source !== target) return 'this merge request comes from another project';
  if (!event.startsWith('pull_request')) return undefined;
  const pull = readEvent(env['GITHUB_EVENT_PATH'])?.pull_request;
  if (pull === undefined) return undefined;
  const [head, base] = [pull.head?.repo?.full_name, pull.base?.repo?.full_name ?? env['GITHUB_REPOSITORY']];
  return head === base ? undefined : 'this pull request comes from another repository';
}

function readEvent(path: string | undefined): PullRequestEvent | undefined {
  if (!path) return undefined;
  try {
    return JSON.parse(readText(path) ?? '') as PullRequestEvent;
  } catch {
    return undefined;
  }
}

/** @throws InputNeeded (3) when something new would be approved where outsiders may have written it. */
export function refuseUntrusted(env: Env, grown: readonly string[]): void {
  const reason = grown.length === 0 ? undefined : untrustedEvent(env);
  if (reason === undefined) return;
  throw new InputNeeded({
    id: 'HB502',
    message: 'Nothing new is approved in this job.',
    cause: `The workspace asks for what nobody has approved here, and ${reason}.`,
    next: 'hotpass-bootstrap plan',
    details: grown.slice(0, 10),
  });
}
