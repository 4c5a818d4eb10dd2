/** Fewer people than this could be told apart in what others see of them (facts telemetry §8). */
export const K = 5;

/**
 * Which groups may be shown: those of at least five people. When those that are hidden are together fewer than five,
 * the next smallest is hidden too: else a total would give them away.
 * @param people in each group that make up the whole; some may be in several.
 * @returns the names that may be shown.
 */
export function showable(people: Readonly<Record<string, readonly string[]>>): Set<string> {
  const groups = Object.entries(people).map(([name, some]) => [name, new Set(some)] as const);
  const shown = groups.filter(([, { size }]) => size >= K).sort(([, a], [, b]) => a.size - b.size);
  const hidden = new Set(groups.flatMap(([, some]) => (some.size < K ? [...some] : []))).size;
  if (hidden > 0 && hidden < K) shown.shift();
  return new Set(shown.map(([name]) => name));
}
