import type { ActionSpec, CommandSpec } from './spec.ts';

const ON: ActionSpec = {
  name: 'on',
  summary: 'Send durations to an OpenTelemetry Collector, after showing what and where.',
  about:
    'It goes to this one endpoint and nowhere else; another endpoint is another agreement. Without --endpoint it is a Collector on this machine.',
  options: [
    {
      flags: '--endpoint <url>',
      help: 'the Collector, https:// or on this machine; /v1/traces and /v1/metrics are added',
    },
    { flags: '--token', help: 'ask for a token for it, or read one from standard input; kept in your secret store' },
  ],
  examples: [
    'hotpass-bootstrap telemetry on --endpoint https://otel.example.com:4318',
    'hotpass-bootstrap telemetry on --endpoint https://otel.example.com:4318 --token < token.txt',
  ],
  ends: [
    ['3', 'nobody agreed: there is no terminal to ask on, and no --yes'],
    ['78', 'the endpoint is not one that anything is sent to'],
  ],
};

const TELEMETRY: readonly ActionSpec[] = [
  {
    name: 'status',
    summary: 'Say whether anything is sent, where to, and what decided that.',
    options: [],
    examples: ['hotpass-bootstrap telemetry status', 'hotpass-bootstrap telemetry status --json'],
  },
  ON,
  {
    name: 'off',
    summary: 'Send nothing any more; forget what waits, the random id and the token.',
    options: [],
    examples: ['hotpass-bootstrap telemetry off', 'hotpass-bootstrap telemetry off --quiet'],
  },
  {
    name: 'show',
    summary: 'Print what would be sent, byte for byte.',
    about:
      'One request a line: the metrics as of now, then the traces that wait. It works while telemetry is off, too.',
    options: [],
    examples: [
      'hotpass-bootstrap telemetry show',
      'hotpass-bootstrap telemetry show | python3 -m json.tool --json-lines',
    ],
  },
  {
    name: 'flush',
    summary: 'Send now what could not be sent before.',
    options: [],
    examples: ['hotpass-bootstrap telemetry flush', 'hotpass-bootstrap telemetry flush --json'],
    ends: [
      ['0', 'the Collector took it, or telemetry is off'],
      ['69', 'it did not get through; what waits is kept'],
    ],
  },
];

/** What this tool tells of itself to others; off until somebody switches it on. */
export const TELEMETRY_COMMAND: CommandSpec = {
  name: 'telemetry',
  summary: 'Send durations to your OpenTelemetry Collector; off at first.',
  args: '[action]',
  actions: TELEMETRY,
  options: ON.options,
  examples: ['hotpass-bootstrap telemetry status', 'hotpass-bootstrap telemetry show'],
  changes: true,
};
