import { describe, expect, it } from 'vitest';
import type { Session } from '../../../src/commands/session.ts';
import { hasWizard, needsEnvironment } from '../../../src/commands/wizard-needs.ts';
import type { Workspace } from '../../../src/engine/workspace.ts';

const session = (more: object = {}): Session =>
  ({ interactive: true, yes: false, options: {}, answers: {}, env: {}, ...more }) as unknown as Session;
const workspace = (environments: string[], remembered?: string): Workspace =>
  ({
    loaded: { environments },
    record: remembered === undefined ? undefined : { environment: remembered },
  }) as unknown as Workspace;

describe('the screens', () => {
  it('are for a person who did not ask for less', () => {
    expect(hasWizard(session())).toBe(true);
    for (const less of [
      { interactive: false },
      { yes: true },
      { options: { quiet: true } },
      { options: { dryRun: true } },
    ])
      expect(hasWizard(session(less)), JSON.stringify(less)).toBe(false);
  });
});

describe('the environment', () => {
  it('is asked for only when there are several, none was given, and none is remembered', () => {
    const both = ['local', 'staging'];
    expect(needsEnvironment(session(), workspace(both))).toBe(true);
    expect(needsEnvironment(session(), workspace(['local']))).toBe(false);
    expect(needsEnvironment(session(), workspace(both, 'staging'))).toBe(false);
    // One that the manifest no longer has is forgotten.
    expect(needsEnvironment(session(), workspace(both, 'former'))).toBe(true);
    expect(needsEnvironment(session({ options: { env: 'local' } }), workspace(both))).toBe(false);
    expect(needsEnvironment(session({ answers: { environment: 'local' } }), workspace(both))).toBe(false);
    expect(needsEnvironment(session({ env: { HOTPASS_BOOTSTRAP_ENV: 'local' } }), workspace(both))).toBe(false);
    expect(needsEnvironment(session({ env: { HOTPASS_BOOTSTRAP_ENV: '' } }), workspace(both))).toBe(true);
  });
});
