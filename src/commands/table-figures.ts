import { BLOCKED_ON } from '../onboarding/events.ts';
import { CHILD_ENDS } from './plain-run.ts';
import type { CommandSpec } from './spec.ts';

const DOCUMENT = 'The section in a document';
const MACHINES = 'Several machines';

/** Commands about how long things take. */
export const FIGURE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'measure',
    summary: 'Run a command as it is and record how long it takes.',
    about:
      'The command keeps its terminal, streams, environment and exit status. The report tells of it by its name; qa is the one that counts as QA.',
    args: '<name> [command...]',
    options: [],
    examples: ['hotpass-bootstrap measure qa -- make qa', 'hotpass-bootstrap measure docs -- make docs'],
    ends: CHILD_ENDS,
    passThrough: true,
  },
  {
    name: 'report',
    summary: 'Say how long onboarding and measured commands take.',
    about: 'It reads what was recorded on this machine, starts nothing and sends nothing.',
    options: [
      {
        flags: '--format <format>',
        help: 'markdown (default), json, csv or html',
        values: ['markdown', 'json', 'csv', 'html'],
      },
      { flags: '--month <month>', help: 'of this month, e.g. 2026-11; default: the present one' },
      { flags: '--output <file>', help: 'write to this file', values: 'file' },
      {
        flags: '--check',
        help: 'say whether the Markdown section in docs/roadmap.md, or in --output, is stale',
        use: DOCUMENT,
      },
      { flags: '--from <dir>', help: 'merge the exports in this folder', use: MACHINES, values: 'folder' },
      {
        flags: '--export <dir>',
        help: 'write the anonymous export of this machine into this folder',
        use: MACHINES,
        values: 'folder',
      },
      {
        flags: '--abandon <reason>',
        help: `record that this onboarding was given up: ${BLOCKED_ON.join(', ')}`,
        values: BLOCKED_ON,
      },
    ],
    examples: ['hotpass-bootstrap report', 'hotpass-bootstrap report --format html --output report.html'],
    ends: [
      ['0', 'done; --check: the section says what the report says'],
      ['2', '--check: the section is stale, or there is none'],
    ],
  },
];
