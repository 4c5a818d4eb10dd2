import type { Change } from '../core/changes.ts';
import type { Finding } from '../core/findings.ts';
import type { Missing } from '../engine/step.ts';
import { breakWorkflowCommands, clean } from './clean.ts';
import { withCommand } from './errors-view.ts';
import { MESSAGES } from './messages.ts';
import type { Style } from './style.ts';
import { hang, homely, pad, widthOf, wrap } from './text.ts';

export interface PlanToShow {
  workspace: string;
  environment: string;
  changes: readonly Change[];
  /** What going ahead would newly approve, one capability a line (security §2). */
  approvals?: readonly string[];
  needs?: readonly Missing[];
  findings?: readonly Finding[];
  /** What the plan can speak for, where that is not everything. */
  part?: string | undefined;
}

export interface PlanLook {
  style: Style;
  /** Columns. */
  width: number;
  /** How this program is really called. */
  command: string;
  /** The person's home, for paths as people write them. */
  home?: string;
}

/** A look with what is known of the whole plan. */
interface ChangeLook extends PlanLook {
  /** Why something is not known yet. */
  uncertain: string;
}

type Action = Change['action'];

const GROUPS: readonly { action: Action; title: string; count: string; sign: string }[] = [
  { action: 'add', title: 'Add', count: 'to add', sign: '+' },
  { action: 'change', title: 'Change', count: 'to change', sign: '~' },
  { action: 'remove', title: 'Remove', count: 'to remove', sign: '-' },
  { action: 'run', title: 'Run', count: 'to run', sign: '>' },
];

/** A plan as lines for a person: what changes, what that approves, what is needed, what is worth knowing. Pure. */
export function planLines(plan: PlanToShow, look: PlanLook): string[] {
  return [
    ...hang('', headline(plan), look.width).map(look.style.bold),
    ...GROUPS.flatMap(group => groupLines(plan, group, look)),
    ...approvalLines(plan.approvals ?? [], look),
    ...needLines(plan.needs ?? [], look),
    ...findingLines(plan.findings ?? [], look),
  ].map(breakWorkflowCommands);
}

function headline(plan: PlanToShow): string {
  const name = `${clean(plan.workspace)} (${clean(plan.environment)})`;
  const nothing = plan.part === undefined ? MESSAGES.nothingToDo : MESSAGES.nothingToDoThere(plan.part);
  return `${name}: ${plan.changes.length === 0 ? nothing : planCounts(plan.changes)}`;
}

/** `6 to add, 4 to run`; empty without changes. */
export function planCounts(changes: readonly Change[]): string {
  const counts = GROUPS.map(({ action, count }) => {
    const many = changes.filter(change => change.action === action).length;
    return many === 0 ? '' : `${many} ${count}`;
  });
  return counts.filter(count => count !== '').join(', ');
}

function groupLines(plan: PlanToShow, group: (typeof GROUPS)[number], look: PlanLook): string[] {
  const changes = plan.changes.filter(change => change.action === group.action);
  if (changes.length === 0) return [];
  const column = Math.max(...plan.changes.map(change => widthOf(change.step)));
  const uncertain = uncertainty(plan);
  // What holds for the whole group is said once.
  const together = changes.length > 1 && changes.every(change => !change.certain);
  const known = { ...look, uncertain: together ? '' : uncertain };
  const plain = `${group.title} (${changes.length})`;
  const title = paintFor(group.action, look.style)(plain);
  const beside = together && widthOf(plain) + widthOf(uncertain) + 2 <= look.width;
  return [
    '',
    beside ? `${title}${look.style.dim(`, ${uncertain}`)}` : title,
    ...(together && !beside ? hang('  ', uncertain, look.width).map(look.style.dim) : []),
    ...changes.flatMap(change => changeLines(change, group.sign, column, known)),
  ];
}

/** What the uncertain changes of this plan wait for. */
function uncertainty(plan: PlanToShow): string {
  if ((plan.approvals ?? []).length > 0) return MESSAGES.uncertainUnapproved;
  return plan.changes.some(change => change.step === 'uv') ? MESSAGES.uncertain : MESSAGES.uncertainOther;
}

/** One change: its step and target, then what it changes from and to, and the rest, one below the other. */
function changeLines(change: Change, sign: string, column: number, look: ChangeLook): string[] {
  const { style, width } = look;
  const narrow = width < 60;
  const step = narrow ? change.step : pad(change.step, column);
  const mark = style.accessible ? '' : `${sign} `;
  const plain = `  ${mark}${step}  `;
  const indent = narrow ? 6 : widthOf(plain);
  const [first = '', ...rest] = hang(plain, homely(clean(change.target), look.home), width, indent);
  const painted = `  ${paintFor(change.action, style)(mark)}${step}  `;
  const detail = clean(change.detail ?? '');
  // A detail that says itself when it will be known needs no second line for it.
  const uncertain = change.certain || /\bis known\b/.test(detail) ? '' : look.uncertain;
  const below = [transition(change, style), detail, uncertain].filter(text => text !== '');
  return [
    painted + first.slice(plain.length),
    ...rest,
    ...below.flatMap(text => hang(' '.repeat(indent), homely(text, look.home), width).map(style.dim)),
  ];
}

function transition(change: Change, style: Style): string {
  const from = change.from === undefined ? undefined : clean(change.from);
  const to = change.to === undefined ? undefined : clean(change.to);
  if (from !== undefined && to !== undefined) return `${from} ${style.glyph.arrow} ${to}`;
  return from ?? to ?? '';
}

function paintFor(action: Action, style: Style): (text: string) => string {
  return { add: style.green, change: style.yellow, remove: style.red, run: style.cyan }[action];
}

function approvalLines(approvals: readonly string[], look: PlanLook): string[] {
  if (approvals.length === 0) return [];
  return [
    '',
    ...wrap(MESSAGES.approves, look.width).map(look.style.bold),
    ...together(approvals.map(approval => clean(approval))).flatMap(line => hang('  ', line, look.width, 6)),
  ];
}

/** Capabilities of one kind on one line: `local sets: A=1` and `local sets: B=2` become `local sets: A=1, B=2`. */
function together(lines: readonly string[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const line of lines) {
    const [, kind = '', rest = ''] = /^(.*?: )(.*)$/s.exec(line) ?? [];
    const list = kinds.get(kind);
    if (list) list.push(rest || line);
    else kinds.set(kind, [rest || line]);
  }
  return [...kinds].flatMap(([kind, rests]) => (kind === '' ? rests : [kind + rests.join(', ')]));
}

/** Missing inputs, each with every way to give it. */
function needLines(needs: readonly Missing[], look: PlanLook): string[] {
  const { style } = look;
  const block = (title: string, list: readonly Missing[]): string[] =>
    list.length === 0
      ? []
      : [
          '',
          style.bold(title),
          ...list.flatMap(need => [
            ...hang('  ', clean(need.secret), look.width),
            // A command is never broken: it must stay copyable.
            ...need.ways.map((way, index) => {
              const lead = index === 0 ? '' : `${MESSAGES.or} `;
              return `      ${style.dim(lead)}${clean(withCommand(way, look.command))}`;
            }),
          ]),
        ];
  return [
    ...block(
      MESSAGES.needs,
      needs.filter(need => need.required),
    ),
    ...block(
      MESSAGES.optionalNeeds,
      needs.filter(need => !need.required),
    ),
  ];
}

const ORDER = { fail: 0, warn: 1, info: 2 } as const;

function findingLines(findings: readonly Finding[], look: PlanLook): string[] {
  if (findings.length === 0) return [];
  const sorted = [...findings].sort((a, b) => ORDER[a.level] - ORDER[b.level]);
  return ['', look.style.bold(MESSAGES.findings), ...sorted.flatMap(item => findingBlock(item, look))];
}

/** One finding: what is so, why, and the command that mends it. */
export function findingBlock(item: Finding, look: PlanLook): string[] {
  const { style, width } = look;
  const { glyph } = style;
  const mark = { fail: glyph.failed, warn: glyph.warn, info: glyph.info }[item.level];
  const paint = { fail: style.red, warn: style.yellow, info: style.cyan }[item.level];
  const [first = '', ...rest] = hang(`  ${mark} `, `${clean(item.message)} (${item.id})`, width);
  const lines = [`  ${paint(mark)}${first.slice(2 + mark.length)}`, ...rest];
  if (item.cause !== '') lines.push(...wrap(clean(item.cause), width - 6).map(line => style.dim(`      ${line}`)));
  if (item.fix) lines.push(`      ${style.command(clean(withCommand(item.fix.command, look.command)))}`);
  return lines;
}
