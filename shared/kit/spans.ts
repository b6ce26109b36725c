/** Spans: what is done for a trace, from when to when, told to whoever collects them. Next to nothing where nobody does. */
import { asProblem } from "../errors.ts";
import type { Clock, Random, ServiceId } from "./ports.ts";
import { childTrace, currentSpan, currentTrace, inSpan, inTrace, type OpenSpan, spanId, traceId } from "./trace.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One that is over. Names and attributes are of few kinds, and hold no body, no id of a person and no secret. */
export interface Span {
  readonly service: ServiceId;
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch ms, with a fraction. */
  readonly started_at: number;
  readonly ended_at: number;
  readonly attributes: Attributes;
  /** The code of the failure that it ended with. */
  readonly error?: string;
}

/** Who collects spans; must return at once and never throw. */
export interface Spans {
  /** The same for a trace wherever it is asked, so that traces are whole. */
  wants(trace_id: string): boolean;
  tell(span: Span): void;
}

export interface SpanAbout {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** True: told only when something came of it: a call, a commit, an event, or its failure. */
  readonly ifUsed?: boolean;
}

interface TracingParts {
  readonly service: ServiceId;
  /** Of those that the service has in this process. */
  readonly shard?: number | undefined;
  readonly spans: Spans | undefined;
  readonly clock: Pick<Clock, "now" | "mono">;
  readonly random: Random;
}

/** What one service makes spans with. */
export class Tracing {
  /** False: no work is changed in any way. */
  readonly isOn: boolean;
  readonly #parts: TracingParts;
  readonly #random: Random;

  constructor(parts: TracingParts) {
    this.#parts = parts;
    this.isOn = parts.spans !== undefined;
    // Of its own, so that who is traced lives the same life as who is not.
    this.#random = parts.random.fork(`spans ${parts.service} ${parts.shard ?? 0}`);
  }

  /** Runs work that came from outside as `trace`, which continues `parent`, for somebody at that address. */
  own<T>(
    came: { trace: string; parent: string | null | undefined; from?: string },
    about: SpanAbout,
    work: () => T,
  ): T {
    const { trace, parent, from } = came;
    if (!this.#isWanted(trace)) return inTrace(trace, work, from);
    const open = opened(about);
    return inTrace(trace, () => this.#timed({ trace, parent, open }, about, work), from, open);
  }

  /** Runs a part of the work in hand, or where there is none, work that begins by itself. */
  part<T>(about: SpanAbout, work: () => T): T {
    if (!this.isOn) return work();
    const parent = currentTrace();
    if (parent !== undefined && !this.#isWanted(parent)) return work();
    const trace = childTrace(parent, this.#random);
    // What comes of it is of one trace all the same.
    if (parent === undefined && !this.#isWanted(trace)) return inTrace(trace, work);
    const open = opened(about);
    use();
    return inSpan({ traceparent: trace, span: open }, () => this.#timed({ trace, parent, open }, about, work));
  }

  /** What the work in hand turned out to be. */
  describe(name: string, attributes: Attributes): void {
    const span = currentSpan();
    if (!span) return;
    span.name = name;
    span.isUsed = true;
    Object.assign(span.attributes, attributes);
  }

  #isWanted(trace: string): boolean {
    return this.#parts.spans?.wants(traceId(trace) as string) ?? false;
  }

  #timed<T>(made: Made, about: SpanAbout, work: () => T): T {
    const { clock } = this.#parts;
    const times: Times = { at: clock.now(), mono: clock.mono() };
    const end = (error?: unknown) => this.#end(made, about, times, error);
    try {
      const answer = work();
      if (!(answer instanceof Promise)) {
        end();
        return answer;
      }
      return answer.then(
        (value) => {
          end();
          return value;
        },
        (error) => {
          end(error);
          throw error;
        },
      ) as T;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  #end({ trace, parent, open }: Made, { kind, ifUsed }: SpanAbout, { at, mono }: Times, error: unknown): void {
    if (ifUsed && !open.isUsed && error === undefined) return;
    const { service, spans, clock } = this.#parts;
    const parent_id = spanId(parent);
    spans?.tell({
      ...{ service, trace_id: traceId(trace) as string, span_id: spanId(trace) as string, name: open.name, kind },
      ...(parent_id !== undefined && { parent_id }),
      ...{ started_at: at, ended_at: at + Math.max(0, clock.mono() - mono), attributes: open.attributes },
      ...(error !== undefined && { error: asProblem(error).code }),
    });
  }
}

interface Made {
  trace: string;
  parent: string | null | undefined;
  open: OpenSpan;
}
interface Times {
  at: number;
  mono: number;
}

const opened = ({ name, attributes }: SpanAbout): OpenSpan => ({ name, attributes: { ...attributes }, isUsed: false });

/** Something comes of the work in hand. */
export function use(): void {
  const span = currentSpan();
  if (span) span.isUsed = true;
}
