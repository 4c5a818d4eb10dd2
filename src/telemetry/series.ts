import type { Attributes, MetricName } from './names.ts';

/** What one metric has counted up, a point for each set of attributes. Cumulative: sending it again says nothing new. */
export type Metric =
  | { kind: 'sum'; name: MetricName; monotonic: boolean; points: { attributes: Attributes; value: number }[] }
  | { kind: 'histogram'; name: MetricName; bounds: readonly number[]; points: HistogramPoint[] };

export interface HistogramPoint {
  attributes: Attributes;
  /** One more than there are bounds. A value equal to a bound is below it (OTLP). */
  counts: number[];
  sum: number;
  count: number;
}

export class Sum {
  readonly #points = new Map<string, { attributes: Attributes; value: number }>();
  readonly #name: MetricName;
  readonly #monotonic: boolean;

  constructor(name: MetricName, monotonic = true) {
    this.#name = name;
    this.#monotonic = monotonic;
  }

  add(value: number, attributes: Attributes): void {
    const key = JSON.stringify(attributes);
    const point = this.#points.get(key) ?? { attributes, value: 0 };
    this.#points.set(key, { attributes, value: point.value + value });
  }

  metric(): Metric[] {
    const points = [...this.#points.values()];
    return points.length === 0 ? [] : [{ kind: 'sum', name: this.#name, monotonic: this.#monotonic, points }];
  }
}

export class Histogram {
  readonly #points = new Map<string, HistogramPoint>();
  readonly #name: MetricName;
  readonly #bounds: readonly number[];

  constructor(name: MetricName, bounds: readonly number[]) {
    this.#name = name;
    this.#bounds = bounds;
  }

  record(value: number, attributes: Attributes): void {
    const key = JSON.stringify(attributes);
    const point = this.#points.get(key) ?? { attributes, counts: this.#empty(), sum: 0, count: 0 };
    const at = this.#bounds.findIndex(bound => value <= bound);
    const slot = at === -1 ? this.#bounds.length : at;
    point.counts[slot] = (point.counts[slot] ?? 0) + 1;
    point.sum += value;
    point.count += 1;
    this.#points.set(key, point);
  }

  metric(): Metric[] {
    const points = [...this.#points.values()];
    return points.length === 0 ? [] : [{ kind: 'histogram', name: this.#name, bounds: this.#bounds, points }];
  }

  #empty(): number[] {
    return new Array<number>(this.#bounds.length + 1).fill(0);
  }
}
