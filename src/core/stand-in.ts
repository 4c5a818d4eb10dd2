/** Words that people write where a secret is to be put, as a whole value. */
const WORDS = [
  'change[-_ ]?(me|this)',
  'your[-_ ].*',
  'replace[-_ ].*',
  'example.*',
  'dummy',
  'to[-_ ]?do',
  'tb[ad]',
  'pass(word|wd|phrase)?\\d*',
  'secret\\d*',
  'token\\d*',
];
/** Marks of templates and of references to another store: `<key>`, `[key]`, `{{ key }}`, `${KEY}`, stars, `op://…`. */
const MARKS = [
  '<.*>',
  '\\[.*\\]',
  '\\{\\{.*\\}\\}',
  '\\$\\{?\\w+\\}?',
  'x{3,}',
  '\\*+',
  '\\.+',
  'op:\\/\\/.*',
  'vault:.*',
];
const STAND_IN = new RegExp(`^(${[...WORDS, ...MARKS].join('|')})$`, 'i');

/** Does a value only say where a secret belongs? */
export function isStandIn(value: string): boolean {
  const text = value.trim();
  return text === '' || STAND_IN.test(text);
}
