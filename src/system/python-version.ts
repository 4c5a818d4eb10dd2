/** A version as Python packages number them (PEP 440), without local part. */
export interface Version {
  text: string;
  epoch: number;
  release: readonly number[];
  pre: readonly [phase: 'a' | 'b' | 'rc', n: number] | undefined;
  post: number | undefined;
  dev: number | undefined;
}

const SHAPE =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/;

const PHASES: Record<string, 'a' | 'b' | 'rc'> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** Reads a version; undefined when the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = SHAPE.exec(text.trim().toLowerCase());
  if (!match?.[2]) return undefined;
  const [, epoch, release, phase, preNumber, implicitPost, post, postNumber, dev, devNumber] = match;
  const kind = PHASES[phase ?? ''];
  return {
    text: text.trim(),
    epoch: Number(epoch ?? 0),
    release: release?.split('.').map(Number) ?? [],
    pre: kind === undefined ? undefined : [kind, Number(preNumber || 0)],
    post: implicitPost !== undefined ? Number(implicitPost) : post === undefined ? undefined : Number(postNumber || 0),
    dev: dev === undefined ? undefined : Number(devNumber || 0),
  };
}

export function isPreRelease(version: Version): boolean {
  return version.pre !== undefined || version.dev !== undefined;
}

/** Negative, zero or positive, as `a` is older, equal or newer (trailing zeros do not count). */
export function compareVersions(a: Version, b: Version): number {
  return a.epoch - b.epoch || compareRelease(a.release, b.release) || compareLists(suffix(a), suffix(b));
}

export function compareRelease(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** 1.dev1 < 1a1.dev1 < 1a1 < 1a1.post1 < 1b1 < 1rc1 < 1 < 1.post1.dev1 < 1.post1 */
function suffix(version: Version): number[] {
  const { pre, post, dev } = version;
  const phase = pre ? ['a', 'b', 'rc'].indexOf(pre[0]) : dev !== undefined && post === undefined ? -1 : 3;
  return [phase, pre?.[1] ?? 0, post ?? -1, dev ?? Number.POSITIVE_INFINITY];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x = 0, y = 0] = [a[i], b[i]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
