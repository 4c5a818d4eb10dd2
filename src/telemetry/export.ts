import { type HrTime, SpanKind, SpanStatusCode, ValueType } from '@opentelemetry/api';
import { JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type Attributes, SCOPE, STABLE, UNSTABLE } from './names.ts';
import type { Span } from './run-trace.ts';
import type { Metric } from './series.ts';

/** What every batch says of its sender: the tool, its version, a random id and the kind of system. */
export interface Sender {
  /** Undefined where each run is of a machine of its own: in CI. */
  instance: string | undefined;
  version: string;
  platform: NodeJS.Platform;
}

/** The request that carries these metrics: OTLP JSON, as OpenTelemetry's own library writes it. @param at milliseconds since 1970. */
export function encodeMetrics(metrics: readonly Metric[], sender: Sender, since: number, at: number): string {
  const [startTime, endTime] = [fromMs(since), fromMs(Math.max(since, at))];
  const resource = resourceOf(sender);
  const scope = { name: SCOPE, version: sender.version };
  const data = metrics.map(metric => metricData(metric, startTime, endTime));
  const bytes = JsonMetricsSerializer.serializeRequest({ resource, scopeMetrics: [{ scope, metrics: data }] });
  return text(bytes);
}

/** The request that carries these spans. */
export function encodeSpans(spans: readonly Span[], sender: Sender): string {
  const resource = resourceOf(sender);
  return text(JsonTraceSerializer.serializeRequest(spans.map(span => readable(span, resource, sender.version))));
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

function resourceOf({ instance, version, platform }: Sender): Resource {
  const attributes: Attributes = {
    [STABLE.serviceName]: SCOPE,
    [STABLE.serviceVersion]: version,
    ...(instance === undefined ? {} : { [UNSTABLE.instance]: instance }),
    [UNSTABLE.osType]: platform === 'win32' ? 'windows' : platform,
  };
  return resourceFromAttributes(attributes);
}

function metricData(metric: Metric, startTime: HrTime, endTime: HrTime): MetricData {
  const descriptor = { ...metric.name, valueType: ValueType.DOUBLE };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  if (metric.kind === 'sum') {
    const dataPoints = metric.points.map(point => ({ ...point, startTime, endTime }));
    return {
      descriptor,
      aggregationTemporality,
      dataPointType: DataPointType.SUM,
      isMonotonic: metric.monotonic,
      dataPoints,
    };
  }
  const dataPoints = metric.points.map(({ attributes, counts, sum, count }) => ({
    attributes,
    startTime,
    endTime,
    value: { buckets: { boundaries: [...metric.bounds], counts }, sum, count },
  }));
  return { descriptor, aggregationTemporality, dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function readable(span: Span, resource: Resource, version: string): ReadableSpan {
  const { name, context, parent, start, end, failed, attributes } = span;
  const identity = { traceId: context.traceId, spanId: context.spanId, traceFlags: 1 };
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => identity,
    ...(parent
      ? {
          parentSpanContext: {
            traceId: parent.traceId,
            spanId: parent.spanId,
            traceFlags: 1,
            isRemote: parent.remote,
          },
        }
      : {}),
    startTime: fromNs(start),
    endTime: fromNs(end),
    duration: fromNs(end - start),
    ended: true,
    status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    resource,
    instrumentationScope: { name: SCOPE, version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function fromMs(ms: number): HrTime {
  return fromNs(BigInt(Math.round(ms)) * 1_000_000n);
}

function fromNs(ns: bigint): HrTime {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
}
