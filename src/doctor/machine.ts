import type { Check } from './check.ts';
import { clock } from './machine-clock.ts';
import { packageSpace, stateSpace } from './machine-disk.ts';
import { foreignFiles, home, temporary } from './machine-home.ts';
import { node } from './machine-node.ts';
import { place } from './machine-place.ts';
import { activeEnvironment, locale, umask } from './machine-shell.ts';

/** Checks of the machine itself, and of the place where the workspace lies on it. */
export const MACHINE_CHECKS: readonly Check[] = [
  node,
  clock,
  home,
  foreignFiles,
  temporary,
  stateSpace,
  umask,
  locale,
  place,
  packageSpace,
  activeEnvironment,
];
