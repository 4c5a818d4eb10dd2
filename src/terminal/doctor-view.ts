import type { Finding } from '../core/findings.ts';
import { breakWorkflowCommands, clean } from './clean.ts';
import { MESSAGES } from './messages.ts';
import { findingBlock, type PlanLook } from './plan-view.ts';
import { hang } from './text.ts';

export interface DiagnosisToShow {
  /** What was looked at: `harbour (local)`, or the machine alone. */
  what: string;
  parts: readonly { title: string; findings: readonly Finding[]; about: 'machine' | 'workspace'; open?: boolean }[];
  findings: readonly Finding[];
  /** How many of the fixes `--fix` would run. */
  fixable: number;
  quiet: boolean;
  /** Name everything that is in order. */
  verbose: boolean;
}

const LEVELS = [
  { level: 'fail', title: MESSAGES.doctorFail },
  { level: 'warn', title: MESSAGES.doctorWarn },
  { level: 'info', title: MESSAGES.doctorInfo },
] as const;

/** A diagnosis as lines for a person: what is in order in one block, then the findings by level, then what to type. Pure. */
export function doctorLines(shown: DiagnosisToShow, look: PlanLook): string[] {
  const { style, width } = look;
  return [
    ...hang('', clean(shown.what), width).map(style.bold),
    ...(shown.quiet ? [] : healthyLines(shown, look)),
    ...LEVELS.flatMap(({ level, title }) => levelLines(shown, level, title, look)),
    '',
    ...lastLines(shown, look),
  ].map(breakWorkflowCommands);
}

/** What is in order: how much of it, or every title. */
function healthyLines({ parts, verbose }: DiagnosisToShow, { style, width }: PlanLook): string[] {
  const healthy = parts.filter(one => one.findings.length === 0 && !one.open);
  if (healthy.length === 0) return [];
  const ofMachine = healthy.filter(({ about }) => about === 'machine').length;
  const ofWorkspace = healthy.length - ofMachine;
  const counts = [
    ...(ofMachine > 0 ? [MESSAGES.doctorOfMachine(ofMachine)] : []),
    ...(ofWorkspace > 0 ? [MESSAGES.doctorOfWorkspace(ofWorkspace)] : []),
  ];
  const text = verbose
    ? healthy.map(({ title }) => clean(title)).join(', ')
    : MESSAGES.doctorInOrder(counts.join(', '));
  const prefix = `  ${style.glyph.done} `;
  const [first = '', ...rest] = hang(prefix, text, width);
  return [`  ${style.green(style.glyph.done)} ${first.slice(prefix.length)}`, ...rest];
}

function levelLines(
  { findings, quiet }: DiagnosisToShow,
  level: Finding['level'],
  title: string,
  look: PlanLook,
): string[] {
  const own = findings.filter(finding => finding.level === level);
  if (own.length === 0 || (quiet && level === 'info')) return [];
  return ['', look.style.bold(`${title} (${own.length})`), ...own.flatMap(finding => findingBlock(finding, look))];
}

/** The count, and what to type. */
function lastLines({ findings, fixable }: DiagnosisToShow, look: PlanLook): string[] {
  const { style, width, command } = look;
  const attention = findings.filter(({ level }) => level !== 'info');
  if (attention.length === 0) {
    const notes = findings.length === 0 ? '' : `; ${MESSAGES.doctorNotes(findings.length)}`;
    return hang('', `${MESSAGES.doctorHealthy}${notes}.`, width);
  }
  const count = MESSAGES.doctorCount(attention.length);
  if (fixable === 0) return hang('', `${count}; ${MESSAGES.doctorByHand(attention.length)}`, width);
  const mended = MESSAGES.doctorFixable(fixable, attention.length);
  return [...hang('', `${count}; ${mended}:`, width), `  ${style.command(`${command} doctor --fix`)}`];
}
