/**
 * Paths that a distribution's RECORD lists (PEP 376, CSV with doubled quotes), relative to site-packages as written.
 * Compiled files are left out: people and tools delete them, and Python makes them again.
 */
export function recordedPaths(record: string): string[] {
  const paths: string[] = [];
  const row = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,[^\r\n]*)?(?:\r\n|\n|\r|$)/g;
  while (row.lastIndex < record.length) {
    const match = row.exec(record);
    if (match === null) break;
    const path = match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"');
    if (path !== '' && !path.endsWith('.pyc')) paths.push(path);
  }
  return paths;
}
