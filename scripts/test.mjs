// Runs everything that must hold: types, lint, dead code, package, schema, and the three test projects.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { $, chalk } from 'zx';
import { testTools } from './test-tools.mjs';

$.verbose = false;
const started = Date.now();
const root = join(import.meta.dirname, '..');
process.chdir(root);
mkdirSync('.cache', { recursive: true });
const env = { ...process.env, ...(await testTools()) };
const run = $({ env, stdio: 'inherit', nothrow: true });

const checks = [
  ['types', ['npx', '--no-install', 'tsc', '-p', '.']],
  ['lint', ['npx', '--no-install', 'biome', 'check', '--error-on-warnings']],
  ['dead code', ['npx', '--no-install', 'knip']],
  ['package', ['npx', '--no-install', 'publint', '--strict']],
];
for (const [name, command] of checks) {
  const { exitCode } = await run`${command}`;
  if (exitCode !== 0) {
    console.error(chalk.red(`${name}: failed`));
    process.exit(1);
  }
  console.error(`${name}: good`);
}

const only = process.argv.slice(2);
const report = '.cache/vitest.json';
const { exitCode } = await run`npx --no-install vitest run --reporter=default --reporter=json --outputFile.json=${report} ${only}`;
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'));
const skipped = numPendingTests + numTodoTests;
console.error(`tests took ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(exitCode === 0 && skipped === 0 && numPassedTests > 0 ? 0 : 1);
