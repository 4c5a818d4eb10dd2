import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IndexFile, parseSimpleIndex } from '../../../src/system/simple-index.ts';

const base = new URL('https://index.test/simple/uv/');
const HASH = 'a'.repeat(64);

function html(body: string): IndexFile[] | undefined {
  return parseSimpleIndex(`<!DOCTYPE html><html><body>${body}</body></html>`, 'text/html', base);
}

describe('a JSON page', () => {
  const json = (files: unknown, version = '1.3'): IndexFile[] | undefined =>
    parseSimpleIndex(JSON.stringify({ meta: { 'api-version': version }, files }), 'application/json', base);

  it('gives names, addresses, hashes and what is yanked', () => {
    expect(
      json([
        { filename: 'a.whl', url: '../../f/a.whl', hashes: { sha256: HASH.toUpperCase() }, yanked: false },
        { filename: 'b.whl', url: 'https://user:word@files.test/b.whl', hashes: { md5: 'x' }, yanked: 'broken' },
      ]),
    ).toEqual([
      { filename: 'a.whl', url: new URL('https://index.test/f/a.whl'), sha256: HASH, yanked: false },
      { filename: 'b.whl', url: new URL('https://files.test/b.whl'), sha256: undefined, yanked: true },
    ]);
  });

  it('that is damaged gives what can be used, or nothing', () => {
    expect(json([null, 7, { filename: 'a' }, { filename: 'a', url: 'file:///etc/passwd' }, { url: 'b' }])).toEqual([]);
    expect(json('no list')).toBeUndefined();
    expect(json([], '2.0')).toBeUndefined();
    expect(parseSimpleIndex('{"files"', 'application/json', base)).toBeUndefined();
    expect(parseSimpleIndex('null', 'application/json', base)).toBeUndefined();
  });
});

describe('an HTML page', () => {
  it('is read in all its spellings', () => {
    const link = `<A data-requires-python="&gt;=3.8" HREF='../../f/a%2Bb.whl#sha256=${HASH}' data-yanked>a+b.whl</A >`;
    expect(html(`<!-- <a href="no">no</a> -->${link}`)).toEqual([
      { filename: 'a+b.whl', url: new URL('https://index.test/f/a%2Bb.whl'), sha256: HASH, yanked: true },
    ]);
    expect(html('<a href="javascript:alert(1)">x</a><a name="y">y</a>')).toEqual([]);
    expect(html('<base href="https://files.test/x/"><a href=y.whl>y.whl</a>')?.[0]?.url.href).toBe(
      'https://files.test/x/y.whl',
    );
    expect(html('<a href="y.whl#md5=1&amp;sha256=no">y.whl</a>')?.[0]?.sha256).toBeUndefined();
  });

  it('is not what every text is', () => {
    expect(parseSimpleIndex('Welcome to the hotel', 'text/html', base)).toBeUndefined();
  });

  it('gives back what was written into it, and what Python’s parser reads', () => {
    const attribute = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' });
    const file = fc.record({ name: attribute, yanked: fc.option(attribute), hash: fc.boolean() });
    const toHtml = (text: string): string =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');
    const samples = fc.sample(fc.array(file, { maxLength: 5 }), { numRuns: 60, seed: 7 });
    const pages = samples.map(files =>
      files
        .map(({ name, yanked, hash }) => {
          const href = `/f/${encodeURIComponent(name)}${hash ? `#sha256=${HASH}` : ''}`;
          return `<a href="${toHtml(href)}"${yanked === null ? '' : ` data-yanked="${toHtml(yanked)}"`}>${toHtml(name)}</a>`;
        })
        .join('<br/>\n'),
    );
    const oracle = spawnSync('python3', ['-c', ORACLE], { input: JSON.stringify(pages), encoding: 'utf8' });
    expect(oracle.stderr).toBe('');
    const ours = pages.map(page =>
      html(page)?.map(({ filename, url, sha256, yanked }) => [filename, url.pathname, sha256 ?? '', yanked]),
    );
    expect(ours).toEqual(JSON.parse(oracle.stdout));
  });
});

const ORACLE = `
import json, sys
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit
class Page(HTMLParser):
    def __init__(self):
        super().__init__(); self.files = []; self.text = None
    def handle_starttag(self, tag, attrs):
        if tag == 'a':
            a = dict(attrs); u = urlsplit(urljoin('https://index.test/simple/uv/', a['href']))
            self.text = ''; self.row = [u.path, u.fragment.removeprefix('sha256='), 'data-yanked' in a]
    def handle_data(self, data):
        if self.text is not None: self.text += data
    def handle_endtag(self, tag):
        if tag == 'a': self.files.append([self.text.strip(), *self.row]); self.text = None
out = []
for page in json.load(sys.stdin):
    p = Page(); p.feed(page); p.close(); out.append(p.files)
print(json.dumps(out))
`;
