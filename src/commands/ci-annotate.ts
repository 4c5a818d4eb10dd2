import { Interrupted, UserError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { Env } from '../system/environment.ts';
import { annotate, type Place } from '../terminal/ci/annotations.ts';
import { ciService } from '../terminal/ci/service.ts';
import { errorAnnotations } from './ci-places.ts';

/** Errors that were annotated already: nothing stands twice on a page. */
const told = new WeakSet<object>();

/**
 * Shows an error beside the files of a change, in a job of GitHub Actions.
 * @param place where it stems from, if its own words do not say.
 */
export function annotateError(error: unknown, env: Env, redact: (text: string) => string, place?: Place): void {
  if (ciService(env) !== 'github' || error instanceof Interrupted) return;
  if (typeof error === 'object' && error !== null) {
    if (told.has(error)) return;
    told.add(error);
  }
  const shown =
    error instanceof UserError
      ? errorAnnotations(error, env, place)
      : errorAnnotations(new UserError({ message: 'A bug of hotpass-bootstrap.', cause: String(error), exit: 1 }), env);
  annotate(shown.map(one => ({ ...one, title: redact(one.title), message: redact(one.message) })));
}

/** The same for what was found out and needs attention. */
export function annotateFindings(findings: readonly Finding[], env: Env, redact: (text: string) => string): void {
  if (ciService(env) !== 'github') return;
  annotate(
    findings
      .filter(({ level }) => level !== 'info')
      .map(({ id, level, message, cause }) => ({
        kind: level === 'fail' ? 'error' : 'warning',
        title: `hotpass-bootstrap ${id}`,
        message: redact(`${message}\n${cause}`),
      })),
  );
}
