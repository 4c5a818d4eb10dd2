import type { Check } from './check.ts';
import { linkedPackages } from './python-cache.ts';
import { certificates } from './python-certificates.ts';
import { foreignVenv } from './python-foreign.ts';
import { gitHasVersion } from './python-git-version.ts';
import { unchangedFiles } from './python-hashes.ts';
import { lockFits } from './python-lock.ts';
import { ownedByUs } from './python-ownership.ts';
import { pinnedPython } from './python-pin.ts';
import { projectShape } from './python-project.ts';
import { proxies } from './python-proxies.ts';
import { severalUv, uvInProject } from './python-uv-copies.ts';
import { uvVariables } from './python-variables.ts';
import { workingVenv } from './python-venv.ts';

/** Checks about uv and Python that belong to no step. */
export const PYTHON_CHECKS: readonly Check[] = [
  severalUv,
  uvVariables,
  certificates,
  proxies,
  lockFits,
  projectShape,
  gitHasVersion,
  workingVenv,
  pinnedPython,
  foreignVenv,
  uvInProject,
  ownedByUs,
  linkedPackages,
  unchangedFiles,
];
