// Runs everything that must hold: types, lint, dead code, package, schema, and the test projects.
// Arguments go to vitest (`node scripts/test.mjs --project unit`). The last line is `N passed, N failed`.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { $ as shell } from 'zx';
import { testServices } from './test-services.mjs';
import { testTools } from './test-tools.mjs';

const started = Date.now();
const root = join(import.meta.dirname, '..');
process.chdir(root);
mkdirSync('.cache', { recursive: true });

/** Failures that no test counts: checks, files that could not be loaded, errors outside of tests, skipped tests. */
const troubles = [];
/** Each failed test with the start of its message: the last lines of a long log are the ones that people get to see. */
const failures = [];
// One folder for all temporary files, open to every user as the system's own is: nothing of the tests stays behind.
const temporary = mkdtempSync(join(tmpdir(), 'hb-test-'));
chmodSync(temporary, 0o1777);
const env = { ...process.env, ...(await tools()), TMPDIR: temporary };
const $ = shell({ env, stdio: ['ignore', 'inherit', 'inherit'], nothrow: true });

const given = process.argv.slice(2);
const projects = (...names) => names.flatMap(name => ['--project', name]);
/** Arguments of each run of vitest. What needs the services comes last: they are built beside everything before it. */
const runs = given.length > 0 ? [given] : [projects('unit', 'integration', 'e2e'), projects('telemetry')];
const services = runs.some(needsServices) ? testServices().catch(error => error) : undefined;

const checks = {
  types: () => $`npx --no-install tsc -p .`,
  lint: () => $`npx --no-install biome check --error-on-warnings`,
  'dead code': () => $`npx --no-install knip`,
  package: () => $`npx --no-install publint --strict`,
  schema: () => $`node scripts/schema.mjs --check`,
};
for (const [name, check] of Object.entries(checks)) {
  const { exitCode } = await check();
  console.error(`${name}: ${exitCode === 0 ? 'good' : 'FAILED'}`);
  if (exitCode !== 0) troubles.push(`the check of ${name}`);
}

const files = [];
let [passed, failed] = [0, 0];
for (const args of runs) {
  const more = needsServices(args) ? await builtServices() : {};
  if (more) await vitest(args, more);
}

console.error('\nThe slowest test files:');
const took = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000);
for (const file of files.toSorted((a, b) => took(b) - took(a)).slice(0, 10)) {
  console.error(`${String(took(file)).padStart(5)} s  ${relative(root, file.name)}`);
}
console.error(`Everything took ${Math.round((Date.now() - started) / 1000)} s.`);
for (const trouble of [...failures, ...troubles]) console.error(`Failed: ${trouble}`);
end(passed, failed + troubles.length);

function needsServices(args) {
  return args.some(arg => /^telemetry$|^(--project=|test\/)telemetry/.test(arg));
}

/** Variables that name the services; undefined where their tests cannot be run, which CI takes for a failure. */
async function builtServices() {
  console.error('A Collector and a Prometheus are waited for; built once, beside the other tests.');
  const built = await services;
  if (built && !(built instanceof Error)) return built;
  const why = built ? built.message : 'there is no Go 1.26 or newer here to build them with';
  const trouble = `the tests against a real Collector and Prometheus were not run: ${why}`;
  if (built || process.env.CI) troubles.push(trouble);
  else console.error(`Note: ${trouble}.`);
  return undefined;
}

async function vitest(args, more) {
  const report = '.cache/vitest.json';
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const run = $({ env: { ...env, ...more } });
  const { exitCode } = await run`npx --no-install vitest run --allowOnly=false ${reporters} ${args}`;
  const { numPassedTests, numFailedTests, testResults } = readReport(report);
  const before = troubles.length;
  passed += numPassedTests;
  failed += numFailedTests;
  files.push(...testResults);
  for (const { name, status, assertionResults } of testResults) {
    const short = relative(root, name);
    if (status === 'failed' && !assertionResults.some(test => test.status === 'failed')) troubles.push(short);
    for (const test of assertionResults) {
      if (test.status === 'failed') failures.push(`${short}: ${test.fullName}\n${indented(test.failureMessages)}`);
      else if (test.status !== 'passed') troubles.push(`${short}: ${test.fullName} was not run`);
    }
  }
  if (exitCode !== 0 && numFailedTests + troubles.length - before === 0) {
    troubles.push('something outside of the tests, shown above');
  }
}

function indented(messages) {
  const lines = messages.join('\n').split('\n').slice(0, 25);
  return lines.map(line => `    ${line.slice(0, 300)}`).join('\n');
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
}

async function tools() {
  try {
    return await testTools();
  } catch (error) {
    console.error(error.message);
    return end(0, 1);
  }
}

function end(good, bad) {
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  console.log(`${good} passed, ${bad} failed`);
  process.exit(good > 0 && bad === 0 ? 0 : 1);
}
