import { githubCommand } from '../../system/github-commands.ts';
import { breakWorkflowCommands, clean } from '../clean.ts';
import { sayRaw } from '../output.ts';

/** A place in a file of the repository. */
export interface Place {
  /** Relative to the root of the checkout, with slashes. */
  file: string;
  line: number;
  column: number;
}

export interface Annotation {
  kind: 'error' | 'warning';
  title: string;
  /** May have several lines. */
  message: string;
  place?: Place | undefined;
}

/** GitHub shows no more than ten of a kind for a step. */
const MOST = 10;
const said: Record<Annotation['kind'], number> = { error: 0, warning: 0 };

/** The workflow command of an annotation. */
export function annotationCommand({ kind, title, message, place }: Annotation): string {
  return githubCommand(kind, plain(message), {
    title: plain(title),
    file: place?.file,
    line: place?.line,
    col: place?.column,
  });
}

/** Shows annotations beside the files of a change, in a job of GitHub Actions. */
export function annotate(annotations: readonly Annotation[]): void {
  for (const one of annotations) {
    if (said[one.kind] >= MOST) continue;
    said[one.kind] += 1;
    sayRaw(`${annotationCommand(one)}\n`);
  }
}

function plain(text: string): string {
  return breakWorkflowCommands(clean(text, { multiline: true }));
}
