// Writes docs/capture.svg and docs/pictures/*.svg: the packed tool on examples/workspace, in an empty HOME, at a real
// pseudo-terminal. A person gets the tool through npx; here the installed tarball is started.
// `--check` writes nothing and fails when a picture does not show what the tool shows now. What no two runs have in
// common (times, versions, which step has come how far) is not compared. `--bin FILE` takes a tool that is installed.
// The keyring is the tests', so a uv must be on PATH or in HOTPASS_TEST_UV; the tool itself gets none.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS, firstRunScene, installed, SHOWN_HOME, storeScene, support, textOf, wizardScenes } from './scenes.mjs';
import { svgOf } from './screen-svg.mjs';

const docs = join(import.meta.dirname, '..', 'docs');
const checking = process.argv.includes('--check');

/** Leaves the second half of the plan out and says so; it is long, and the picture is about the run. */
function withoutMiddle(rows) {
  const from = rows.findIndex(row => /^Run \(\d+\)/.test(textOf(row)));
  const to = rows.findIndex(row => textOf(row).includes('Go ahead?'));
  if (from === -1 || to < from) throw new Error('the plan does not look as expected');
  const words = `  (${to - from} more lines: what is run, and what going ahead approves)`;
  const said = [...words].map(char => ({ char, classes: 'dim' }));
  return [...rows.slice(0, from), said, [], ...rows.slice(to)];
}

const PICTURES = {
  'capture.svg': {
    title: 'A first run of hotpass-bootstrap in a fresh clone, and a second one',
    description:
      'The tool shows what it found and what it will change (shortened here), is told to go ahead, and brings the ' +
      'machine in order. It ends with the time that took. The second run says in one line that everything is in order.',
  },
  'pictures/found.svg': {
    title: 'What was found, and the choice of an environment',
    description:
      'One row each for the machine, the project, uv, Python, Prefect and the keychain. Below them the question ' +
      'which environment this clone is to work with; the second of two is chosen.',
  },
  'pictures/store.svg': {
    title: 'The question that comes where the keychain does not work',
    description:
      'The keychain row says that there is none. The command that mends it is printed, and three choices follow: ' +
      'stop and mend it, give the secrets later, or take them from environment variables.',
  },
  'pictures/plan.svg': {
    title: 'The plan and its one confirmation',
    description:
      'What is added and what is run, with counts; then every command, address and secret name that going ahead ' +
      'approves; then the question whether to go ahead.',
  },
  'pictures/secrets.svg': {
    title: 'A secret is asked for while uv works',
    description:
      'The question says what the secret is, where it is sent and where to get it. A value of the wrong shape was ' +
      'typed and the reason is said. Below, each step and how far it is.',
  },
  'pictures/ready.svg': {
    title: 'The last screen: what is ready, how long it took, what to type next',
    description:
      'Each step with its time, what is worth knowing, what is ready, the time against the target, and two ' +
      'commands: one that runs a program, one that takes everything back.',
  },
};

async function shots(bin) {
  const plays = [firstRunScene, wizardScenes, storeScene];
  const played = [];
  // One after the other for the pictures, so that the times in them are those of one run.
  if (checking) played.push(...(await Promise.all(plays.map(play => play(bin)))));
  else for (const play of plays) played.push(await play(bin));
  const [first, wizard, store] = played;
  return {
    'capture.svg': [withoutMiddle(first.rows), first.home],
    'pictures/found.svg': [wizard.found, wizard.home],
    'pictures/store.svg': [store.store, store.home],
    'pictures/plan.svg': [wizard.plan, wizard.home],
    'pictures/secrets.svg': [wizard.secrets, wizard.home],
    'pictures/ready.svg': [wizard.ready, wizard.home],
  };
}

/** Where this ran is nobody's concern. */
function shown(text, home) {
  const container = ', in a container';
  return text.replaceAll(home, SHOWN_HOME).replace(container, ' '.repeat(container.length));
}

const at = process.argv.indexOf('--bin');
const tool = at === -1 ? installed() : { bin: process.argv[at + 1], remove: () => {} };
try {
  const { capturedRows, likeness } = await support('capture');
  const stale = [];
  mkdirSync(join(docs, 'pictures'), { recursive: true });
  for (const [file, [rows, home]] of Object.entries(await shots(tool.bin))) {
    const replace = text => shown(text, home);
    const svg = svgOf(rows, { columns: COLUMNS, ...PICTURES[file], replace });
    for (const word of [home, process.env.HOME ?? home, join(docs, '..')]) {
      if (word.length > 1 && svg.includes(word)) throw new Error(`${file} shows ${word}`);
    }
    if (!checking) writeFileSync(join(docs, file), svg);
    else {
      const [now, kept] = [svg, readFileSync(join(docs, file), 'utf8')].map(text => likeness(capturedRows(text)));
      const differing = now.filter(row => !kept.includes(row)).concat(kept.filter(row => !now.includes(row)));
      if (differing.length > 0) stale.push(`docs/${file}:`, ...differing.map(row => `  ${row}`));
    }
  }
  if (stale.length > 0) {
    console.error(
      ['These pictures are not what the tool shows; `node scripts/capture.mjs` makes them:', ...stale].join('\n'),
    );
    process.exitCode = 1;
  }
} finally {
  tool.remove();
}
