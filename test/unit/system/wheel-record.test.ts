import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedPaths } from '../../../src/system/wheel-record.ts';

describe('RECORD', () => {
  it('lists files, quoted or not, with or without hash, in either line ending', () => {
    const text = 'a/b.py,sha256=x,1\r\n"c, ""d"".py",sha256=y,2\n../../../bin/tool,,\na-1.dist-info/RECORD,,';
    expect(recordedPaths(text)).toEqual(['a/b.py', 'c, "d".py', '../../../bin/tool', 'a-1.dist-info/RECORD']);
  });

  it('leaves out compiled files and empty lines', () => {
    expect(recordedPaths('\na/__pycache__/b.cpython-311.pyc,,\n\na/b.py,,\n')).toEqual(['a/b.py']);
  });

  it('reads what Python writes', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9 ,"'._/-]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        files => {
          const script = `
import csv, io, json, sys
out = []
for names in json.load(sys.stdin):
    text = io.StringIO()
    csv.writer(text, lineterminator="\\n").writerows([name, "sha256=x", "1"] for name in names)
    out.append(text.getvalue())
print(json.dumps(out))`;
          const python = spawnSync('python3', ['-c', script], { input: JSON.stringify(files), encoding: 'utf8' });
          const texts = JSON.parse(python.stdout) as string[];
          expect(texts.map(recordedPaths)).toEqual(files);
        },
      ),
      { numRuns: 8 },
    );
  });
});
