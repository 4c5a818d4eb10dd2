/** A file that a distribution owns. */
export interface RecordedFile {
  /** As written: relative to site-packages, or absolute. */
  path: string;
  /** SHA-256 in URL-safe base64 without padding; undefined where the RECORD has none, or another kind. */
  sha256: string | undefined;
}

/** Reads a RECORD (PEP 376 and 427: CSV with doubled quotes; path, hash, size). */
export function recordedFiles(record: string): RecordedFile[] {
  const files: RecordedFile[] = [];
  const row = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,(?:sha256=([A-Za-z0-9_-]+))?[^\r\n]*)?(?:\r\n|\n|\r|$)/g;
  while (row.lastIndex < record.length) {
    const match = row.exec(record);
    if (match === null) break;
    const path = match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"');
    if (path !== '') files.push({ path, sha256: match[3] });
  }
  return files;
}

/**
 * Paths that a distribution's RECORD lists, relative to site-packages as written.
 * Compiled files are left out: people and tools delete them, and Python makes them again.
 */
export function recordedPaths(record: string): string[] {
  return recordedFiles(record).flatMap(({ path }) => (path.endsWith('.pyc') ? [] : [path]));
}
