/** A variable and its value as they stand in a file. */
export interface PlainEntry {
  /** Name of the variable. */
  name: string;
  value: string;
  /** Where it begins, from 1. */
  line: number;
  /** What stands there in the text, `[start, end)` in UTF-16 units, its line break included. */
  start: number;
  end: number;
  /** The Prefect profile that it stands in. */
  profile?: string;
  /** Its name as that profile writes it, and the API that the profile goes to. */
  written?: string;
  apiUrl?: string;
}

/** A place that programs read in different ways. Never holds a piece of a value. */
export interface PlainProblem {
  line: number;
  /** The variable that it is about; undefined: all that follows it is in doubt. */
  name: string | undefined;
  /** What is so, as a part of a sentence: `its quote is not closed`. */
  reason: string;
}

export interface PlainFile {
  entries: PlainEntry[];
  problems: PlainProblem[];
}

/** Adds a problem for each further line of a name: some programs take the first, others the last (facts secrets §6). */
export function refuseTwice(file: PlainFile): PlainFile {
  const first = new Map<string, number>();
  const problems = [...file.problems];
  for (const { name, line, profile = '' } of file.entries) {
    const before = first.get(`${profile}\0${name}`);
    if (before === undefined) first.set(`${profile}\0${name}`, line);
    else problems.push({ line, name, reason: `it is set before, on line ${before}` });
  }
  return { entries: file.entries, problems };
}
