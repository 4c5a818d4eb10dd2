import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pages } from '../support/pages.ts';
import { cache, repository } from '../support/tools.ts';

const site = join(cache, 'site');
const text = new Map<string, string>();

/** Where a link of a page leads: a file, with the anchor if there is one. */
function target(page: string, link: string): [string, string | undefined] {
  const [path = '', anchor] = link.split('#');
  return [path === '' ? page : resolve(dirname(page), path), anchor];
}

describe('the documentation as a site', () => {
  beforeAll(() => {
    execFileSync('make', ['docs'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
    for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.html')) text.set(join(site, name), readFileSync(join(site, name), 'utf8'));
  });

  it('has every page of docs', () => {
    const wanted = pages()
      .filter(page => page.startsWith('docs/'))
      .map(page =>
        page
          .replace(/^docs\//, '')
          .replace(/README\.md$/, 'index.md')
          .replace(/\.md$/, '.html'),
      );
    expect([...text.keys()].map(page => page.slice(site.length + 1)).sort()).toEqual(wanted.sort());
  });

  it('has only links that lead somewhere in it, anchors and pictures included', () => {
    const broken: string[] = [];
    let links = 0;
    for (const [page, html] of text) {
      for (const [, link = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
        if (/^https?:/.test(link)) continue;
        links += 1;
        const [path, anchor] = target(page, link);
        const isThere = path.startsWith(site) && existsSync(path) && statSync(path).isFile();
        const isFound = isThere && (anchor === undefined || text.get(path)?.includes(`id="${anchor}"`) === true);
        if (!isFound) broken.push(`${page}: ${link}`);
      }
    }
    expect(links).toBeGreaterThan(1000);
    expect(broken).toEqual([]);
  });

  it('names every page in the margin, but for those that an index lists', () => {
    const margin = /<nav[\s\S]*?<\/nav>/.exec(text.get(join(site, 'index.html')) ?? '')?.[0] ?? '';
    const named = [...margin.matchAll(/href="([^"]+)"/g)].map(([, link]) => link);
    const wanted = [...text.keys()]
      .map(page => page.slice(site.length + 1))
      .filter(page => !/^(findings|decisions)\/(?!index)/.test(page));
    expect(named.sort()).toEqual(wanted.sort());
  });

  it('starts no program in the browser and fetches nothing from elsewhere', () => {
    for (const [page, html] of text) {
      expect(html, page).not.toMatch(/<script|<iframe|<link[^>]+https?:/);
      expect(html, page).toMatch(/<title>[^<]{3,}<\/title>/);
    }
  });
});
