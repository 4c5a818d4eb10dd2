import { randomBytes } from 'node:crypto';
import type { Env } from '../system/environment.ts';

/** Where a span stands: 32 and 16 hexadecimal digits (W3C trace context). */
export interface SpanContext {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

const SHAPE = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** What `TRACEPARENT` says; undefined when it is not there or not as W3C trace context wants it. */
export function parentOf(env: Env): SpanContext | undefined {
  const match = SHAPE.exec(env['TRACEPARENT'] ?? '');
  const [, traceId, spanId, flags, more] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version 00 has four fields and no more.
  if (more !== undefined && env['TRACEPARENT']?.startsWith('00')) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A new span below `parent`, or at the top of a new trace. */
export function newSpan(parent: SpanContext | undefined): SpanContext {
  return {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    sampled: parent?.sampled ?? true,
  };
}

/** The value of `TRACEPARENT` for a child of this span. */
export function traceparent({ traceId, spanId, sampled }: SpanContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
