/** What `measure` calls a command by, and the manifest's `[report]` as well. */
export const GATE_NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

/** Is it the name of a figure that the report makes of the episodes? */
export function isReserved(name: string): boolean {
  return /^(onboarding(-.*)?|first-green-qa|first-commit|(blocked|part)-.*)$/.test(name);
}
