import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './tools.ts';

/** A file of the checkout as text. */
export function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** The pages that people read, relative to the checkout. */
export function pages(): string[] {
  const docs = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'CHANGELOG.md', ...docs.filter(name => name.endsWith('.md')).map(name => join('docs', name))];
}

export interface Block {
  /** The word behind the fence: `sh` is run by a test, `text` is output or stands for something of the reader's. */
  mark: string;
  text: string;
}

/** All fenced blocks of a page. */
export function blocks(page: string): Block[] {
  return [...read(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, mark = '', text = '']) => ({ mark, text }));
}

/** The commands of a page's blocks that are marked `sh`, one a line. */
export function shellBlocks(page: string): string[] {
  return blocks(page)
    .filter(({ mark }) => mark === 'sh')
    .flatMap(({ text }) => text.split('\n').filter(line => line !== ''));
}
