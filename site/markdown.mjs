import { posix } from 'node:path';

/** The anchor of a heading, as the forge makes it, so that one link serves both. */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** Where a page of docs/ stands in the site: `guides/ci.md` becomes `guides/ci.html`, README the index of its folder. */
export function addressOf(path) {
  return path.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html');
}

/** The title of a page: its first heading, without marks. */
export function titleOf(text) {
  const [, title] = /^# (.+)$/m.exec(text) ?? [];
  if (!title) throw new Error('a page has no title');
  return title.replace(/`/g, '');
}

/** Teaches markdown-it what is ours: links between the pages, and tables that scroll by themselves on a narrow screen. */
export function teach(markdown) {
  markdown.core.ruler.push('links', ({ tokens, env }) => {
    const folder = posix.dirname(env.page.filePathStem.slice(1));
    for (const token of tokens.flatMap(({ children }) => children ?? []))
      if (token.type === 'link_open') token.attrSet('href', target(token.attrGet('href'), folder));
  });
  markdown.renderer.rules.table_open = () =>
    '<div class="table" tabindex="0" role="region" aria-label="table"><table>\n';
  markdown.renderer.rules.table_close = () => '</table></div>\n';
}

function target(href, folder) {
  if (/^(https?:|#)/.test(href)) return href;
  const [path, anchor] = href.split('#');
  if (posix.join(folder, path).startsWith('..'))
    throw new Error(`${href} leads out of docs/, where the site cannot go`);
  return [addressOf(path), ...(anchor === undefined ? [] : [anchor])].join('#');
}
