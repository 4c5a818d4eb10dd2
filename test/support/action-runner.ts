import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import type { Action, Step } from './workflows.ts';

export interface Job {
  /** What the runner has of its own: GITHUB_WORKSPACE, RUNNER_TEMP and the like, and what the job's `env` gives. */
  env: Record<string, string>;
  inputs: Record<string, string>;
  /** Folder of what the service's cache holds. */
  cache: string;
  /** The step to stop before. */
  until?: string | undefined;
}

export interface Ran {
  outputs: Record<string, string>;
  /** Names of the steps that ran. */
  steps: string[];
  log: string;
  code: number;
  /** PATH and variables for later steps of the job. */
  env: Record<string, string>;
  summary: string;
}

/**
 * Runs a composite action as GitHub's runner does (its documentation of composite actions and of workflow commands):
 * expressions by GitHub's own evaluator, scripts by bash, files like GITHUB_OUTPUT read after each step. The cache
 * actions, which talk to a service, are stood for by a folder.
 */
export async function runAction(action: Action, { env: given, inputs: own, cache, until }: Job): Promise<Ran> {
  const temp = given['RUNNER_TEMP'] ?? '';
  const defaults = Object.entries(action.inputs).map(([name, { default: value }]) => [name, value] as const);
  const inputs = { ...Object.fromEntries(defaults), ...own };
  const outputs: Record<string, Record<string, string>> = {};
  const ran: Ran = { outputs: {}, steps: [], log: '', code: 0, env: { ...given }, summary: '' };
  const context = () => ({
    inputs,
    steps: Object.fromEntries(Object.entries(outputs).map(([id, o]) => [id, { outputs: o }])),
  });
  const fill = (text: string): string => text.replace(/\$\{\{(.*?)\}\}/g, (_, one: string) => evaluate(one, context()));
  for (const [at, step] of action.runs.steps.entries()) {
    if (step.if !== undefined && evaluate(step.if, context()) !== 'true') continue;
    const name = step.name ?? String(at);
    if (name === until) return ran;
    ran.steps.push(name);
    const file = (kind: string): string => {
      const path = join(temp, `_runner_${kind}_${at}`);
      writeFileSync(path, '');
      return path;
    };
    const files = { GITHUB_OUTPUT: file('output'), GITHUB_ENV: file('env'), GITHUB_PATH: file('path') };
    const summary = { GITHUB_STEP_SUMMARY: file('summary') };
    const values = Object.entries(step.env ?? {}).map(([key, value]) => [key, fill(String(value))] as const);
    const result: Record<string, string> = {};
    if (step.run !== undefined) {
      const script = join(temp, `_script_${at}.sh`);
      writeFileSync(script, step.run);
      const cwd = join(given['GITHUB_WORKSPACE'] ?? '', fill(step['working-directory'] ?? '.'));
      const stepEnv = { ...ran.env, ...Object.fromEntries(values), ...files, ...summary };
      const { code, log } = await bash(script, cwd, stepEnv);
      ran.log += `\n# ${name}\n${log}`;
      ran.code = code;
    } else Object.assign(result, cached(step, fill, cache));
    Object.assign(result, assignments(readFileSync(files.GITHUB_OUTPUT, 'utf8')));
    if (step.id !== undefined) outputs[step.id] = result;
    Object.assign(ran.env, assignments(readFileSync(files.GITHUB_ENV, 'utf8')));
    for (const folder of readFileSync(files.GITHUB_PATH, 'utf8').split('\n').filter(Boolean)) {
      ran.env['PATH'] = [folder, ran.env['PATH']].join(delimiter);
    }
    ran.summary += readFileSync(summary.GITHUB_STEP_SUMMARY, 'utf8');
    if (ran.code !== 0) return ran;
  }
  for (const [name, { value }] of Object.entries(action.outputs)) ran.outputs[name] = fill(value);
  return ran;
}

/** With the options that the runner's `shell: bash` has. */
function bash(script: string, cwd: string, env: Record<string, string>): Promise<{ code: number; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    child.on('error', reject);
    child.on('close', code => resolve({ code: code ?? 1, log }));
  });
}

/** `actions/cache/restore` and `/save` of the one folder that the action keeps. */
function cached(
  { uses = '', with: options = {} }: Step,
  fill: (text: string) => string,
  cache: string,
): Record<string, string> {
  const option = (name: string): string => fill(String(options[name] ?? ''));
  const [folder, key] = [option('path'), option('key')];
  if (uses.startsWith('actions/cache/save@')) {
    mkdirSync(folder, { recursive: true });
    cpSync(folder, join(cache, key), { recursive: true, verbatimSymlinks: true });
    return {};
  }
  if (!uses.startsWith('actions/cache/restore@')) throw new Error(`the tests do not stand for ${uses}`);
  const names = existsSync(cache) ? readdirSync(cache) : [];
  const match = names.find(name => name === key) ?? names.find(name => name.startsWith(option('restore-keys')));
  if (match === undefined) return { 'cache-hit': '' };
  cpSync(join(cache, match), folder, { recursive: true, verbatimSymlinks: true });
  return { 'cache-hit': String(match === key) };
}

/** What a file like GITHUB_OUTPUT says: `name=value`, or lines between two delimiters. */
function assignments(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', , value = '', plain = '', line = ''] of text.matchAll(
    /^([^\n=]+?)<<(\S+)\n([\s\S]*?)\n?\2$|^([^\n=]+)=(.*)$/gm,
  )) {
    if (plain === '') found[name] = value;
    else found[plain] = line;
  }
  return found;
}

function evaluate(expression: string, context: object): string {
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(context), [...Object.values(wellKnownFunctions)]).parse();
  const dictionary = JSON.parse(JSON.stringify(context), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, dictionary).evaluate().coerceString();
}
