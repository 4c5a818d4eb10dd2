// Runs everything that must hold: types, lint, dead code, package, schema, and the three test projects.
// Arguments go to vitest (`node scripts/test.mjs --project unit`). The last line is `N passed, N failed`.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { $ as shell } from 'zx';
import { testTools } from './test-tools.mjs';

const started = Date.now();
const root = join(import.meta.dirname, '..');
process.chdir(root);
mkdirSync('.cache', { recursive: true });

/** Failures that no test counts: checks, files that could not be loaded, errors outside of tests, skipped tests. */
const troubles = [];
/** Each failed test with the start of its message: the last lines of a long log are the ones that people get to see. */
const failures = [];
const env = { ...process.env, ...(await tools()) };
const $ = shell({ env, stdio: ['ignore', 'inherit', 'inherit'], nothrow: true });

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

const report = '.cache/vitest.json';
rmSync(report, { force: true });
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { exitCode } = await $`npx --no-install vitest run --allowOnly=false ${reporters} ${process.argv.slice(2)}`;
const { numPassedTests: passed, numFailedTests: failed, testResults: files } = readReport();
for (const { name, status, assertionResults } of files) {
  const short = relative(root, name);
  if (status === 'failed' && !assertionResults.some(test => test.status === 'failed')) troubles.push(short);
  for (const test of assertionResults) {
    if (test.status === 'failed') failures.push(`${short}: ${test.fullName}\n${indented(test.failureMessages)}`);
    else if (test.status !== 'passed') troubles.push(`${short}: ${test.fullName} was not run`);
  }
}
if (exitCode !== 0 && failed + troubles.length === 0) troubles.push('something outside of the tests, shown above');

console.error('\nThe slowest test files:');
const took = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000);
for (const file of files.toSorted((a, b) => took(b) - took(a)).slice(0, 10)) {
  console.error(`${String(took(file)).padStart(5)} s  ${relative(root, file.name)}`);
}
console.error(`Everything took ${Math.round((Date.now() - started) / 1000)} s.`);
for (const trouble of [...failures, ...troubles]) console.error(`Failed: ${trouble}`);
end(passed, failed + troubles.length);

function indented(messages) {
  const lines = messages.join('\n').split('\n').slice(0, 25);
  return lines.map(line => `    ${line.slice(0, 300)}`).join('\n');
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
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
  console.log(`${good} passed, ${bad} failed`);
  process.exit(good > 0 && bad === 0 ? 0 : 1);
}
