import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openerFor, openPage, pageIn } from '../../../src/system/browser.ts';
import { temporary } from '../../support/tools.ts';

/** A folder with an `xdg-open` that writes down what it was given, and ends with this status. */
function opener(status: number): { path: string; said: () => string } {
  const folder = temporary('hb-browser-');
  const file = join(folder, 'xdg-open');
  writeFileSync(file, `#!/bin/sh\necho "$*" > ${folder}/said\nenv >> ${folder}/said\nexit ${status}\n`);
  chmodSync(file, 0o755);
  return { path: `${folder}:/usr/bin:/bin`, said: () => readFileSync(join(folder, 'said'), 'utf8') };
}

describe('the page where a secret is to be had', () => {
  it.each([
    ['https://vault.example.com/ui/x?a=1&b=2', 'https://vault.example.com/ui/x?a=1&b=2'],
    ['Ask for it at https://vault.example.com/ui, then wait.', 'https://vault.example.com/ui'],
    ['the team lead', undefined],
    ['file:///etc/passwd', undefined],
    ['javascript:alert(1)', undefined],
    ['https://[', undefined],
    ['https://x.example/$(id)/x', 'https://x.example/$(id)/x'],
  ])('in %s is %s', (text, page) => {
    expect(pageIn(text)).toBe(page);
  });
});

describe('the browser', () => {
  const page = 'https://vault.example.com/ui?a=1&b=$(id)';

  it('is found only where there is a screen and an opener', () => {
    const { path } = opener(0);
    expect(openerFor(page, { DISPLAY: ':0' }, path, 'linux')?.at(1)).toBe(page);
    expect(openerFor(page, { WAYLAND_DISPLAY: 'wayland-0' }, path, 'linux')?.at(1)).toBe(page);
    expect(openerFor(page, {}, path, 'linux')).toBeUndefined();
    expect(openerFor(page, { DISPLAY: ':0' }, '/nonexistent', 'linux')).toBeUndefined();
    expect(openerFor(page, {}, '', 'darwin')).toEqual(['/usr/bin/open', page]);
    expect(openerFor(page, {}, '', 'win32')).toEqual(['rundll32.exe', 'url.dll,FileProtocolHandler', page]);
  });

  it('gets the address as it is, the screen, and no secret of ours', async () => {
    const { path, said } = opener(0);
    const env = { DISPLAY: ':7', PREFECT_API_KEY: 'canary-in-environment', HOME: '/home/you' };
    expect(await openPage(page, env, path)).toBe(true);
    expect(said().split('\n')[0]).toBe(page);
    expect(said()).toContain('DISPLAY=:7');
    expect(said()).not.toContain('canary');
  });

  it('that fails, or is not there, is said and breaks nothing', async () => {
    expect(await openPage(page, { DISPLAY: ':7' }, opener(3).path)).toBe(false);
    expect(await openPage(page, { DISPLAY: ':7' }, '/nonexistent')).toBe(false);
  });
});
