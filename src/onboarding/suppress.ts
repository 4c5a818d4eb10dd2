/** Fewer people than this could be told apart in what others see of them (facts telemetry §8). */
export const K = 5;

/**
 * Which groups may be shown: those of at least five people. When those that are hidden are together fewer than five,
 * the next smallest is hidden too: else a total would give them away.
 * @param sizes people in each group that make up the whole.
 * @returns the names that may be shown.
 */
export function showable(sizes: Readonly<Record<string, number>>): Set<string> {
  const groups = Object.entries(sizes).filter(([, size]) => size > 0);
  const shown = groups.filter(([, size]) => size >= K).sort(([, a], [, b]) => a - b);
  const hidden = groups.reduce((sum, [, size]) => sum + (size < K ? size : 0), 0);
  if (hidden > 0 && hidden < K) shown.shift();
  return new Set(shown.map(([name]) => name));
}
