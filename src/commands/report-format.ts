import { EXIT, UserError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { nearest } from '../core/ids.ts';
import type { Report } from '../onboarding/report.ts';
import { clean } from '../terminal/clean.ts';
import { jsonText } from '../terminal/json-view.ts';
import type { Options } from './parse.ts';

const FORMATS = ['markdown', 'json', 'csv', 'html'] as const;
export type ReportFormat = (typeof FORMATS)[number];

/** The format that was asked for. @throws UserError 64 for one that there is not, or that --check cannot compare. */
export function reportFormat({ format, json, check }: Options): ReportFormat {
  const asked = json ? 'json' : (format ?? 'markdown');
  const known = FORMATS.find(candidate => candidate === asked);
  if (known === undefined) {
    const near = nearest(asked, FORMATS);
    throw new UserError({
      message: `There is no format ${clean(asked)}.`,
      cause: `The formats are: ${FORMATS.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
      next: `hotpass-bootstrap report --format ${near ?? 'markdown'}`,
      exit: EXIT.usage,
    });
  }
  if (check && format !== undefined && known !== 'markdown') {
    throw new UserError({
      message: '--check compares the Markdown section in a document.',
      next: 'hotpass-bootstrap report --check',
      exit: EXIT.usage,
    });
  }
  return known;
}

/** A report in one of the formats, without a newline at its end. */
export async function rendered(report: Report, format: ReportFormat, findings: readonly Finding[]): Promise<string> {
  switch (format) {
    case 'markdown':
      return (await import('../onboarding/report-markdown.ts')).markdownOf(report);
    case 'csv':
      return (await import('../onboarding/report-csv.ts')).csvOf(report);
    case 'html':
      return (await import('../onboarding/report-html.ts')).htmlOf(report);
    case 'json': {
      const { methodText } = await import('../onboarding/report-words.ts');
      return jsonText({ schema: 1, kind: 'report', ...report, method: methodText(report), findings });
    }
  }
}
