/**
 * The first document of a YAML text; undefined where there is none.
 * @returns `line` of the first mistake, counted from 1, where the text is no YAML.
 */
export async function parseYaml(text: string): Promise<{ document: unknown } | { line: number }> {
  const { loadAll, YAMLException } = await import('js-yaml');
  try {
    return { document: loadAll(text)[0] };
  } catch (error) {
    if (error instanceof YAMLException) return { line: (error.mark?.line ?? 0) + 1 };
    throw error;
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
