import { publicChange } from '../core/changes.ts';
import type { Finding } from '../core/findings.ts';
import { changesOf, type Plan } from '../engine/plan.ts';
import type { Workspace } from '../engine/workspace.ts';

/** The plan as JSON (contracts §7). */
export function planDocument(
  workspace: Workspace,
  plan: Plan,
  inOrder: boolean,
  findings: readonly Finding[] = plan.findings,
): Record<string, unknown> {
  return {
    workspace: workspace.wanted.workspace,
    environment: workspace.wanted.environment,
    inOrder,
    changes: changesOf(plan).map(publicChange),
    approvals: workspace.grown,
    needs: plan.missing.map(({ secret, required, ways }) => ({ secret, required, ways })),
    findings,
  };
}

/** `--only uv,python` as names. */
export function stepNames(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
}
