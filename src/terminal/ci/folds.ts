import { githubCommand } from '../../system/github-commands.ts';

/** Lines that a reader opens when they want to. */
export interface Fold {
  /** Letters, digits, dashes; unique within a job's log. */
  name: string;
  /** One line. */
  title: string;
  /** Wall clock, milliseconds since 1970. */
  from: number;
  to: number;
}

/** Lines before and after what is folded. */
export type Folding = (fold: Fold) => { head: string; foot: string };

/** A group of GitHub Actions; its runner folds it by itself. */
export const githubGroup: Folding = ({ title }) => ({
  head: githubCommand('group', title),
  foot: githubCommand('endgroup'),
});

/** A section of GitLab CI, folded at first; the times make it show how long that took. */
export const gitlabSection: Folding = ({ name, title, from, to }) => {
  const id = `hotpass_bootstrap_${name.replace(/[^A-Za-z0-9]+/g, '_')}`;
  const mark = (kind: 'start' | 'end', at: number, options = ''): string =>
    `\x1b[0Ksection_${kind}:${Math.floor(at / 1000)}:${id}${options}\r\x1b[0K`;
  return { head: `${mark('start', from, '[collapsed=true]')}${title}`, foot: mark('end', to) };
};
