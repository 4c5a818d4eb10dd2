import { type Finding, finding } from '../core/findings.ts';
import { sitePackages, venvFolder, venvPython } from '../engine/fingerprint.ts';
import { isExecutable, stepEnvironment } from '../system/environment.ts';
import { lstatOf, namesIn } from '../system/files.ts';
import { run } from '../system/process.ts';
import { exportersOf, protocolOf } from '../telemetry/settings.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/** Less than a check may take; a first import compiles much. */
const TIMEOUT_MS = 8000;

/** Can the exporter be imported? That it is not installed at all is told by the step (HB400). */
export const telemetryExporter: WorkspaceCheck = {
  title: 'Telemetry exporter',
  about: 'workspace',
  async run(look) {
    const { telemetry } = look.wanted;
    if (!look.approved || !telemetry.enabled || !exportersOf(telemetry).includes('otlp')) return [];
    const kind = protocolOf(telemetry) === 'grpc' ? 'grpc' : 'http';
    const site = sitePackages(look.root);
    const distribution = new RegExp(`^opentelemetry_exporter_otlp_proto_${kind}-.*\\.dist-info$`);
    if (site === undefined || !namesIn(site).some(name => distribution.test(name))) return [];
    // A link, or no interpreter, is the business of the python step.
    if (lstatOf(venvFolder(look.root))?.isDirectory() !== true || !isExecutable(venvPython(look.root))) return [];
    return importFindings(look, `opentelemetry.exporter.otlp.proto.${kind}.trace_exporter`);
  },
};

async function importFindings(look: WorkspaceLook, module: string): Promise<Finding[]> {
  // -I: nothing of the folder or the environment takes part; -B: nothing is written.
  const argv = [venvPython(look.root), '-I', '-B', '-c', `import ${module}`];
  const env = stepEnvironment(look.env, look.path);
  const done = await run(argv, { cwd: look.root, env, timeout: TIMEOUT_MS, signal: look.signal });
  if (done.code === 0 || done.timedOut || done.signal !== null) return [];
  // The last line names the error; the frames above it are for the people who made the package.
  const said = done.stderr.trim().split(/\r?\n/).at(-1)?.slice(0, 300) ?? '';
  return [
    finding(
      'HB445',
      'warn',
      'The telemetry exporter is installed in .venv, but cannot be imported.',
      `The program would print to the console instead, or stop. Python says: ${said}`,
      { command: `.venv/bin/python -c 'import ${module}'`, safe: false },
    ),
  ];
}
