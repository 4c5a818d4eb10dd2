// The documentation as a static site: every page of docs/, links between them relative, so that it can be put anywhere
// or read from the disk. No program runs in the reader's browser.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { IdAttributePlugin } from '@11ty/eleventy';
import { addressOf, anchorOf, teach, titleOf } from './markdown.mjs';
import { NAVIGATION } from './navigation.mjs';

const root = join(import.meta.dirname, '..');
const docs = join(root, 'docs');

export const config = {
  dir: { input: '../docs', output: '../.cache/site', includes: '../site' },
  templateFormats: ['md'],
  // Braces in the pages are text, not templates.
  markdownTemplateEngine: false,
};

/** A heading of the margin with its pages, each with the name and the address that it has in the site. */
function named([heading, pages]) {
  const entries = pages.map(page => {
    const [path, name] = [page].flat();
    return { name: name ?? titleOf(readFileSync(join(docs, path), 'utf8')), address: addressOf(path) };
  });
  return { heading, entries };
}

export default function site(eleventy) {
  eleventy.setUseGitIgnore(false);
  eleventy.addPlugin(IdAttributePlugin, { slugify: anchorOf });
  eleventy.amendLibrary('md', teach);
  for (const name of ['pictures', 'capture.svg', 'architecture.svg'])
    eleventy.addPassthroughCopy({ [`../docs/${name}`]: name });
  eleventy.addPassthroughCopy({ 'style.css': 'style.css' });

  eleventy.addGlobalData('layout', 'layout.njk');
  eleventy.addGlobalData('version', JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
  eleventy.addGlobalData('navigation', NAVIGATION.map(named));
  eleventy.addGlobalData('eleventyComputed', {
    permalink: ({ page }) => addressOf(`${page.filePathStem.slice(1)}.md`),
    title: ({ page }) => titleOf(page.rawInput),
  });
  // From one page of the site to another, both from its root.
  eleventy.addFilter('from', (address, url) => posix.relative(posix.dirname(`${url}.`), `/${address}`));
}
