/** Text of the terminal for people, in one place. ASCII only: it must read the same in every locale. */
export const MESSAGES = {
  // Plan
  nothingToDo: 'Everything is in order; nothing would change.',
  nothingToDoThere: (part: string): string => `In order; ${part}.`,
  uncertain: 'known only after uv is there',
  uncertainOther: 'known only during the run',
  uncertainUnapproved: 'known once this is approved',
  approves: 'Going ahead also approves, for this folder:',
  needs: 'Needs from you:',
  optionalNeeds: 'Can wait (optional):',
  findings: 'Worth knowing:',
  or: 'or',

  // Run
  stillWorking: (title: string, text: string, elapsed: string): string =>
    `${title}: still ${text === '' ? 'working' : lowerFirst(text)}, ${elapsed}`,
  moreSteps: (count: number): string => `and ${count} more step${count === 1 ? '' : 's'}`,
  stopped: 'stopped',
  unreached: 'not reached',

  // Questions
  yes: 'yes',
  no: 'no',
  typeYesOrNo: 'Please type y or n.',
  selectHint: 'Arrows or a number, then Enter:',
  typeNumber: (count: number): string => `Please type a number from 1 to ${count}.`,
  obtain: 'Get it from',
  secretInput: 'Paste it here (hidden):',
  secretInputOptional: 'Paste it here (hidden), or press Enter to skip:',
  secretNeeded: 'This one is needed. Paste the value, or press Ctrl-C to stop; what is done so far is kept.',
  received: 'received',
  skipped: 'skipped for now',
  giveLater: 'to give it later:',
  openWith: 'Type ? and press Enter to open that page.',
  opened: 'The page is open in your browser.',
  notOpened: 'The page could not be opened from here; its address is above.',
  checking: 'checking',
  characters: (count: number): string => `${count} character${count === 1 ? '' : 's'}`,
  trimmed: 'spaces around it were removed',
  innerSpaces: 'it contains spaces, kept as they are',
  severalLines: (count: number): string => `it has ${count} lines, kept as they are`,
  /** Said in the cause of an error when no answer can come. */
  cannotAsk: 'Nobody can be asked here: this is not an interactive terminal.',
  inputClosed: 'The input ended before there was an answer.',
  unanswered: (what: string): string => `This question has no answer yet: ${what}`,
  secretMissing: (what: string): string => `A value is needed: ${what}`,

  // Doctor
  doctorFail: 'Broken',
  doctorWarn: 'Needs attention',
  doctorInfo: 'Worth knowing',
  doctorOfMachine: (count: number): string => `${count} of the machine`,
  doctorOfWorkspace: (count: number): string => `${count} of the workspace`,
  doctorInOrder: (counts: string): string => `${counts} in order (-v names them)`,
  doctorHealthy: 'Nothing needs attention',
  doctorNotes: (count: number): string => `${count} thing${count === 1 ? '' : 's'} worth knowing`,
  doctorCount: (count: number): string => `${count} thing${count === 1 ? ' needs' : 's need'} attention`,
  doctorByHand: (count: number): string => `what to do stands under ${count === 1 ? 'it' : 'each'}.`,
  doctorFixable: (count: number, all: number): string =>
    count === all
      ? all === 1
        ? 'it can be mended now'
        : 'all of them can be mended now'
      : `${count} can be mended now`,

  // Errors
  next: 'Next:',
  lastLines: 'It said last:',
  bug: 'Something went wrong inside the tool itself; this is not a mistake of yours.',
  report: (command: string): string =>
    `Please report it in the project's issues with the line above and the output of \`${command} --version\`.`,

  // Summary
  inOrder: (command: string, environment: string): string => `${command}: everything in order (${environment})`,
  inOrderThere: (command: string, environment: string, part: string): string =>
    `${command}: in order (${environment}; ${part})`,
  verified: (ago: string): string => `verified ${ago}`,
  justNow: 'just now',
  readyIn: 'ready in',
  doneIn: 'done in',
  machine: 'machine',
  waitingForYou: 'waiting for you',
  blocked: 'blocked',
  away: 'away',
  whatNext: 'What to type next:',
} as const;

function lowerFirst(text: string): string {
  // "Resolving" becomes "resolving"; a name such as "PyArrow" or "URL" stays.
  return /^[A-Z][a-z]+\b/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
