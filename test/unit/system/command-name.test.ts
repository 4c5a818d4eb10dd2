import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandName } from '../../../src/system/command-name.ts';
import { packageRoot, packageVersion } from '../../../src/system/package-root.ts';
import { pathLine } from '../../../src/system/path-line.ts';
import { repository, temporary } from '../../support/tools.ts';

describe('the name of the command', () => {
  it('is the installed one if there is one, else the runner’s', () => {
    const base = temporary();
    const [bin, npx] = [join(base, 'bin'), join(base, 'node_modules', '.bin')];
    for (const folder of [bin, npx]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'hotpass-bootstrap'), '', { mode: 0o755 });
    }
    expect(commandName({}, `${npx}:${bin}`)).toBe('hotpass-bootstrap');
    expect(commandName({}, npx)).toBe('npx hotpass-bootstrap');
    expect(commandName({ npm_config_user_agent: 'pnpm/9.0.0 npm/?' }, npx)).toBe('pnpm dlx hotpass-bootstrap');
    expect(commandName({ npm_config_user_agent: 'npm/11.0.0 node/20' }, '')).toBe('npx hotpass-bootstrap');
  });

  it('goes to the folder that was given', () => {
    const given = { directory: 'examples/work space' };
    expect(commandName({}, '', given)).toBe("npx hotpass-bootstrap -C 'examples/work space'");
  });

  it('names the environment and the manifest that were given', () => {
    const given = { environment: 'staging', directory: 'a', manifest: 'b c.toml' };
    expect(commandName({}, '', given)).toBe("npx hotpass-bootstrap --env staging -C a --manifest 'b c.toml'");
  });
});

describe('the package', () => {
  it('is found from any of its modules', () => {
    expect(packageRoot()).toBe(repository);
    expect(packageRoot(pathToFileURL(join(repository, 'dist', 'chunks', 'x.js')).href)).toBe(repository);
    expect(packageVersion()).toBe(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).version);
    expect(() => packageRoot('file:///nowhere/x.js')).toThrow(/hotpass-bootstrap/);
  });
});

describe('the line for PATH', () => {
  it.each(['', '# no newline at the end'])('does what it says when a shell reads it, after %j', before => {
    const home = temporary();
    writeFileSync(join(home, '.bashrc'), before);
    const folder = join(home, 'a $b', 'it`s "bin"');
    mkdirSync(folder, { recursive: true });
    const command = pathLine({ HOME: home, SHELL: '/bin/bash' }, folder);
    const shown = `${command}\n. ~/.bashrc\nprintf %s "$PATH"`;
    const { stdout } = spawnSync('bash', ['-c', shown], {
      env: { HOME: home, PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
    });
    expect(stdout).toBe(`${folder}:/usr/bin:/bin`);
  });

  it('is in the words of the shell', () => {
    const line = (shell: string): string => pathLine({ HOME: '/h', SHELL: shell }, '/h/.local/bin');
    expect(line('/bin/zsh')).toBe(`printf '\\n%s\\n' 'export PATH="$HOME/.local/bin:$PATH"' >> ~/.zshrc`);
    expect(line('/usr/bin/fish')).toBe('fish_add_path /h/.local/bin');
    expect(line('')).toContain('~/.profile');
    expect(pathLine({}, 'C:\\x', 'win32')).toContain("SetEnvironmentVariable('Path', 'C:\\x;'");
  });
});
