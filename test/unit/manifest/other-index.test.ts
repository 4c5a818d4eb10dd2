import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { otherIndex } from '../../../src/manifest/other-index.ts';
import { DEFAULT_INDEX } from '../../../src/system/package-index.ts';
import { temporary } from '../../support/tools.ts';

const PUBLIC = DEFAULT_INDEX.replace(/\/$/, '');
const MIRROR = 'https://mirror.example/simple';
const OURS = 'https://ours.example/simple';

/** What is said of a lock with packages of these indexes, on a machine with an empty HOME. */
function of(registries: readonly string[], env: Record<string, string> = {}, indexes = {}, files = {}) {
  const home = temporary('hb-index-');
  const root = join(home, 'work');
  mkdirSync(root);
  const packages = registries.map(
    (url, n) => `[[package]]\nname = "p${n}"\nversion = "1"\nsource = { registry = "${url}" }\n`,
  );
  const all = { 'work/uv.lock': packages.join('\n'), ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(join(home, file, '..'), { recursive: true });
    writeFileSync(join(home, file), text);
  }
  return otherIndex(root, { indexes }, { HOME: home, PIP_CONFIG_FILE: '/dev/null', ...env });
}

describe('the index of a lock', () => {
  it('is no news when nothing else is named, and when it is the one that is', async () => {
    expect(await of([PUBLIC])).toBeUndefined();
    expect(await of([])).toBeUndefined();
    expect(await of(['/wheels'])).toBeUndefined();
    expect(await of([MIRROR], { UV_DEFAULT_INDEX: MIRROR })).toBeUndefined();
    expect(await of([MIRROR], { UV_INDEX_URL: `https://ana:secret@mirror.example/simple` })).toBeUndefined();
    expect(await of([PUBLIC], { PIP_INDEX_URL: MIRROR })).toBeUndefined();
  });

  it('is another one than a variable or the person’s uv.toml names', async () => {
    const instead = { url: MIRROR, source: 'UV_DEFAULT_INDEX', isVariable: true };
    expect(await of([PUBLIC], { UV_DEFAULT_INDEX: `ours=${MIRROR}` })).toEqual({ locked: PUBLIC, instead });
    expect(await of([PUBLIC], { UV_INDEX_URL: 'https://ana:secret@mirror.example/simple' })).toEqual({
      locked: PUBLIC,
      instead: { ...instead, source: 'UV_INDEX_URL' },
    });
    const toml = { '.config/uv/uv.toml': `[[index]]\nurl = "${MIRROR}"\ndefault = true\n` };
    const found = await of([PUBLIC], {}, {}, toml);
    expect(found).toMatchObject({ locked: PUBLIC, instead: { url: MIRROR, isVariable: false } });
    expect(found?.instead?.source).toMatch(/uv\.toml$/);
  });

  it('counts with its slash only against the default index', async () => {
    const slash = { UV_DEFAULT_INDEX: `${MIRROR}/` };
    expect(await of([MIRROR], slash)).toMatchObject({ locked: MIRROR, instead: { url: `${MIRROR}/` } });
    expect(await of([`${MIRROR}/`], slash)).toBeUndefined();
    expect(await of([OURS], {}, { ours: { url: `${OURS}/` } })).toBeUndefined();
  });

  it('is known when the project or a further variable names it', async () => {
    const mirror = { UV_DEFAULT_INDEX: MIRROR };
    expect(await of([OURS], mirror, { ours: { url: OURS } })).toBeUndefined();
    expect(await of([OURS, PUBLIC], mirror, { ours: { url: OURS } })).toMatchObject({ locked: PUBLIC });
    expect(await of([OURS, MIRROR], { ...mirror, UV_INDEX: `ours=${OURS} https://x.example` })).toBeUndefined();
    expect(await of([OURS], { UV_EXTRA_INDEX_URL: OURS })).toBeUndefined();
  });

  it('that the project itself names as the default beats the person’s uv.toml, and not a variable', async () => {
    const files = {
      'work/pyproject.toml': `[[tool.uv.index]]\nurl = "${OURS}"\ndefault = true\n`,
      '.config/uv/uv.toml': `[[index]]\nurl = "${MIRROR}"\ndefault = true\n`,
    };
    expect(await of([OURS], {}, {}, files)).toBeUndefined();
    const named = { ours: { url: OURS } };
    expect(await of([OURS], { UV_DEFAULT_INDEX: MIRROR }, named, files)).toMatchObject({ locked: OURS });
    expect(await of([OURS], { UV_DEFAULT_INDEX: OURS }, named, files)).toBeUndefined();
    expect(await of([OURS], {}, {}, { ...files, 'work/uv.toml': '# takes the place of [tool.uv]' })).toBeDefined();
  });

  it('is worth a note when nothing at all names it', async () => {
    expect(await of([PUBLIC, MIRROR])).toEqual({ locked: MIRROR, instead: undefined });
  });
});
