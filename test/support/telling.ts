import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerRecord } from '../../src/onboarding/events.ts';
import { Machine, type Outcome } from './machine.ts';
import { lock } from './wheels.ts';

/** A person's machine with a small project that installs nothing, whose runs are told of. */
export class Teller {
  readonly machine = new Machine();
  readonly root: string;

  /** @param manifest what stands after `[environments.local]`. */
  constructor(name: string, manifest = '') {
    // What counts here is a person, not a test.
    this.machine.env = { ...this.machine.env, HOTPASS_BOOTSTRAP_TEST: '0', TERM: 'xterm-256color' };
    this.root = join(this.machine.home, name);
    mkdirSync(this.root, { recursive: true });
    const head = `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.9"\n[tool.uv]\npackage = false\n`;
    writeFileSync(join(this.root, 'pyproject.toml'), head);
    writeFileSync(join(this.root, 'hotpass-bootstrap.toml'), `schema = 1\n[environments.local]\n${manifest}`);
    lock(this.root);
    execFileSync('git', ['init', '-q'], { cwd: this.root, env: this.machine.env });
  }

  /** Runs the command to its end, while this process goes on serving. */
  run(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Outcome> {
    return this.machine.start(this.root, args, env, input).done;
  }

  /** The same, and it has to end 0. */
  async must(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const done = await this.run(args, env);
    if (done.code !== 0) throw new Error(`${args.join(' ')} ended ${done.code}: ${done.stderr}${done.stdout}`);
    return done;
  }

  /** A command that prints one JSON document. */
  async ask<T>(args: readonly string[], env: Record<string, string> = {}): Promise<T> {
    return JSON.parse((await this.run([...args, '--json'], env)).stdout) as T;
  }

  get state(): string {
    return join(this.machine.home, '.local', 'state', 'hotpass-bootstrap');
  }

  /** The ledger of the project. */
  records(): LedgerRecord[] {
    const workspaces = join(this.state, 'workspaces');
    const [name = ''] = readdirSync(workspaces);
    const text = readFileSync(join(workspaces, name, 'ledger.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as LedgerRecord);
  }
}

type Value = { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
type KeyValues = { key: string; value: Value }[];

export interface SeenSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** Nanoseconds since 1970. */
  start: bigint;
  end: bigint;
  failed: boolean;
  attributes: Record<string, string | number | boolean>;
  resource: Record<string, string | number | boolean>;
}

export interface SeenPoint {
  metric: string;
  unit: string;
  attributes: Record<string, string | number | boolean>;
  resource: Record<string, string | number | boolean>;
  /** Value of a sum, count of a histogram. */
  count: number;
  sum: number;
  /** Nanoseconds since 1970. */
  start: bigint;
  cumulative: boolean;
}

function plain(list: KeyValues = []): Record<string, string | number | boolean> {
  const value = ({ stringValue, intValue, doubleValue, boolValue }: Value) =>
    stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue ?? '';
  return Object.fromEntries(list.map(({ key, value: given }) => [key, value(given)]));
}

interface RawSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number };
  attributes?: KeyValues;
}
interface RawPoint {
  attributes?: KeyValues;
  asDouble?: number;
  asInt?: string;
  count?: string | number;
  sum?: number;
  startTimeUnixNano: string;
}
interface RawSeries {
  dataPoints: RawPoint[];
  aggregationTemporality: number;
}
interface Line {
  resourceSpans?: { resource?: { attributes?: KeyValues }; scopeSpans: { spans: RawSpan[] }[] }[];
  resourceMetrics?: {
    resource?: { attributes?: KeyValues };
    scopeMetrics: { metrics: { name: string; unit: string; sum?: RawSeries; histogram?: RawSeries }[] }[];
  }[];
}

/** The spans in lines of OTLP JSON. */
export function spansIn(lines: readonly string[]): SeenSpan[] {
  return lines.flatMap(line =>
    ((JSON.parse(line) as Line).resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
      scopeSpans
        .flatMap(({ spans }) => spans)
        .map(span => ({
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId ?? '',
          name: span.name,
          start: BigInt(span.startTimeUnixNano),
          end: BigInt(span.endTimeUnixNano),
          failed: span.status?.code === 2,
          attributes: plain(span.attributes),
          resource: plain(resource?.attributes),
        })),
    ),
  );
}

/** The points of metrics in lines of OTLP JSON, the oldest first. */
export function pointsIn(lines: readonly string[]): SeenPoint[] {
  return lines.flatMap(line =>
    ((JSON.parse(line) as Line).resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .flatMap(({ name, unit, sum, histogram }) => {
          const series = sum ?? histogram;
          return (series?.dataPoints ?? []).map(point => ({
            metric: name,
            unit,
            attributes: plain(point.attributes),
            resource: plain(resource?.attributes),
            count: Number(point.count ?? point.asDouble ?? point.asInt ?? 0),
            sum: point.sum ?? 0,
            start: BigInt(point.startTimeUnixNano),
            cumulative: series?.aggregationTemporality === 2,
          }));
        }),
    ),
  );
}
