import { describe, expect, it } from 'vitest';
import { PackageCounts } from '../../../../src/terminal/ci/package-counts.ts';

function countOf(lines: readonly string[]): { installed: number; fetched: number } {
  const counts = new PackageCounts();
  for (const line of lines) counts.listen({ type: 'child-line', step: 'python', line });
  counts.listen({ type: 'child-line', step: 'tasks', line: 'Prepared 99 packages in 1s' });
  return { installed: counts.installed, fetched: counts.fetched };
}

describe('packages that uv tells of', () => {
  it('count as from the cache when nothing was prepared', () => {
    expect(countOf(['Resolved 119 packages in 17ms', 'Installed 110 packages in 760ms', ' + anyio==4.16.0'])).toEqual({
      installed: 110,
      fetched: 0,
    });
  });

  it('do not count the project itself, which no cache has', () => {
    const built = ['   Building harbour @ file:///srv/harbour', '      Built harbour @ file:///srv/harbour'];
    expect(countOf([...built, 'Prepared 1 package in 28ms', 'Installed 111 packages in 760ms'])).toEqual({
      installed: 111,
      fetched: 0,
    });
    expect(countOf([...built, 'Prepared 61 packages in 28s', 'Installed 111 packages in 760ms']).fetched).toBe(60);
  });

  it('count a package that was built from an index', () => {
    expect(
      countOf(['      Built docopt==0.6.2', 'Prepared 1 package in 2s', 'Installed 1 package in 1ms']).fetched,
    ).toBe(1);
  });

  it('are summed up over two passes', () => {
    expect(countOf(['Prepared 2 packages in 1s', 'Installed 2 packages in 1ms', 'Installed 1 package in 1ms'])).toEqual(
      {
        installed: 3,
        fetched: 2,
      },
    );
  });
});
