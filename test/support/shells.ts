import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';
import type { Machine } from './machine.ts';
import { installedBin } from './pack.ts';
import { unpackedPrograms } from './tools.ts';

/** Puts the installed command onto the PATH of a machine, as `setup` does. @returns the folder. */
export function installCommand(machine: Machine): string {
  const bin = join(machine.home, '.local', 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(installedBin(), join(bin, 'hotpass-bootstrap'));
  machine.env['PATH'] = [bin, machine.env['PATH']].join(delimiter);
  return bin;
}

/** Where zsh finds its modules and functions when it was unpacked and not installed. */
export function zshFolders(): string {
  const [run] = unpackedPrograms();
  if (run === undefined) return '';
  const usr = join(dirname(run), 'usr');
  return `module_path=(${usr}/lib/*/zsh/*(/)); fpath=(${usr}/share/zsh/functions/**/*(/N) ${usr}/share/zsh/functions(/N))\n`;
}

/** A shell that a person types into. A function stands for the command, and shows its words when Enter is pressed. */
const START: Record<string, { file: string; text: string; args: (file: string) => string[] }> = {
  bash: {
    file: 'bashrc',
    text: 'PS1=\'ready> \'\neval "$(hotpass-bootstrap completion bash)"\nhotpass-bootstrap() { local IFS=\'|\'; echo "<$*>"; }\n',
    args: file => ['--noprofile', '--rcfile', file, '-i'],
  },
  zsh: {
    file: '.zshrc',
    text: `${zshFolders()}PS1='ready> '\nautoload -Uz compinit; compinit -u -D\neval "$(hotpass-bootstrap completion zsh)"\nhotpass-bootstrap() { print -r -- "<\${(j:|:)@}>" }\n`,
    args: () => ['-i'],
  },
};

/** A bash or zsh at a real pseudo-terminal, with the completion of the tool. */
export class TypedShell {
  #screen = '';
  readonly #pty;

  constructor(shell: 'bash' | 'zsh', machine: Machine, cwd: string) {
    const start = START[shell];
    if (!start) throw new Error(shell);
    const file = join(machine.home, start.file);
    writeFileSync(file, start.text);
    this.#pty = spawn(shell, start.args(file), {
      name: 'xterm',
      cwd,
      env: { ...machine.env, ZDOTDIR: machine.home, HISTFILE: '' },
      cols: 200,
      rows: 50,
    });
    this.#pty.onData(data => {
      this.#screen += data;
    });
  }

  /** Types a line, with a tab at its end, then Enter. @returns the words the command got, joined with `|`. */
  async completes(line: string): Promise<string> {
    await this.#types(line);
    await this.#tab();
    this.#screen = '';
    this.#pty.write('\r');
    return (await this.#sees(/^<(.*)>\r?$/m))[1] ?? '';
  }

  /** Types a line and two tabs, then takes it back. @returns what was shown. */
  async lists(line: string): Promise<string> {
    await this.#types(line);
    await this.#tab();
    await this.#tab();
    const shown = this.#screen;
    this.#pty.write('\x03');
    return shown;
  }

  end(): void {
    this.#pty.kill();
  }

  async #types(line: string): Promise<void> {
    await this.#sees(/ready> (?:\x1b\[\S*)*$/);
    this.#screen = '';
    this.#pty.write(line);
    await this.#quiet(150);
  }

  /** A shell answers a tab with text, or with a bell where it has none. */
  async #tab(): Promise<void> {
    const before = this.#screen.length;
    this.#pty.write('\t');
    for (const end = Date.now() + 10_000; this.#screen.length === before && Date.now() < end; ) await pause(20);
    await this.#quiet(100);
  }

  async #quiet(ms: number): Promise<void> {
    for (let last = -1; last !== this.#screen.length; ) {
      last = this.#screen.length;
      await pause(ms);
    }
  }

  async #sees(what: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = what.exec(this.#screen);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`never saw ${what}; the screen said:\n${this.#screen.slice(-2000)}`);
      await pause(20);
    }
  }
}
