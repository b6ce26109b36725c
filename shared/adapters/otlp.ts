/** Tells spans to a collector by OTLP over HTTP, in JSON: behind everybody's back, or not at all. */
import type { Span, SpanKind, Spans } from "../kit/spans.ts";

export interface OtlpOptions {
  /** Of the collector; `/v1/traces` is added where it has no path. */
  url: string;
  /** The share of traces that are told, 0 to 1. */
  sample: number;
  version: string;
  /** Of this process. */
  instance: string;
  /** Of the installation: without it somebody outside could send trace ids that are all told. */
  secret?: Uint8Array;
  /** Such as the collector wants for signing in. */
  headers?: Readonly<Record<string, string>>;
  /** What is not told within them is dropped, ms. */
  timeoutMs?: number;
  everyMs?: number;
  waitingMax?: number;
}

const BATCH = 512;
const DEFAULTS = { timeoutMs: 5_000, everyMs: 2_000, waitingMax: 8_192 };
/** What a collector says who is to be asked again, by OTLP's specification. */
const LATER = [429, 502, 503, 504];
const TRIES = 3;
const SAMPLE_BITS = 32;
const TEXT_MAX = 256;
const ANSWER_MAX = 16_384;

const KINDS: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS_ERROR = 2;

/** Holds a bounded number of spans; one batch is under way at a time. */
export class OtlpSpans implements Spans {
  /** Ended in time and wanted, and never told: the collector was away, slow, refused them, or there were too many. */
  dropped = 0;
  /** Taken by the collector. */
  told = 0;
  readonly #options: Required<Omit<OtlpOptions, "headers" | "secret">> & Pick<OtlpOptions, "headers">;
  readonly #url: string;
  readonly #below: number;
  readonly #seed: bigint;
  readonly #timer: ReturnType<typeof setInterval>;
  #waiting: Span[] = [];
  #tries = 0;
  #isClosed = false;
  #sending: Promise<void> | undefined;

  /** Throws Error for an address that is none. */
  constructor(options: OtlpOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#url = tracesUrl(options.url);
    this.#below = Math.round(Math.min(1, Math.max(0, options.sample)) * 2 ** SAMPLE_BITS);
    this.#seed = Bun.hash.wyhash(options.secret ?? "");
    this.#timer = setInterval(() => void this.flush(), this.#options.everyMs);
    this.#timer.unref();
  }

  /** By the id, shuffled with what only this installation knows: all of its processes say the same. */
  wants(trace_id: string): boolean {
    return Number(BigInt.asUintN(SAMPLE_BITS, Bun.hash.wyhash(trace_id, this.#seed))) < this.#below;
  }

  tell(span: Span): void {
    if (this.#waiting.length >= this.#options.waitingMax) this.dropped++;
    else this.#waiting.push(span);
  }

  /** Tells one batch, unless one is being told. Never throws. */
  flush(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#sending) return Promise.resolve();
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Tells what is left, for no longer than one answer may take; nothing is told after that. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.timeoutMs);
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    this.#isClosed = true;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const batch = this.#waiting.slice(0, BATCH);
      const taken = await this.#post(batch);
      if (taken === "later" && ++this.#tries < TRIES) return;
      this.#tries = 0;
      this.#waiting = this.#waiting.slice(batch.length);
      const refused = typeof taken === "number" ? Math.min(taken, batch.length) : batch.length;
      this.dropped += refused;
      this.told += batch.length - refused;
      if (taken === "later") return;
    }
  }

  /** How many of them the collector refused; `later`: it may take them when it is asked again. */
  async #post(batch: readonly Span[]): Promise<number | "later" | "never"> {
    const { headers, timeoutMs } = this.#options;
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(tracesOf(batch, this.#options)),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: "error",
      });
      const text = await beginningOf(answer);
      if (!answer.ok) return LATER.includes(answer.status) ? "later" : "never";
      return refusedIn(text);
    } catch {
      return "later";
    }
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > ANSWER_MAX) break;
  }
  return text;
}

/** 0 for an answer that says nothing of it. */
function refusedIn(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } | null };
    const refused = Number(partialSuccess?.rejectedSpans ?? 0);
    return Number.isFinite(refused) && refused > 0 ? Math.floor(refused) : 0;
  } catch {
    return 0;
  }
}

function tracesUrl(text: string): string {
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${text} is no address of an OTLP collector.`);
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return url.href;
}

/** As `ExportTraceServiceRequest` reads in JSON: ids in hex, times as text, kinds by their number. */
export function tracesOf(spans: readonly Span[], about: Pick<OtlpOptions, "version" | "instance">) {
  const byService = Map.groupBy(spans, ({ service }) => service);
  return {
    resourceSpans: [...byService].map(([service, own]) => ({
      resource: {
        attributes: attributesOf({
          ...{ "service.name": service, "service.namespace": "chimera" },
          ...{ "service.version": about.version, "service.instance.id": about.instance },
        }),
      },
      scopeSpans: [{ scope: { name: "chimera", version: about.version }, spans: own.map(spanOf) }],
    })),
  };
}

function spanOf({ trace_id, span_id, parent_id, name, kind, started_at, ended_at, attributes, error }: Span) {
  return {
    ...{ traceId: trace_id, spanId: span_id, ...(parent_id !== undefined && { parentSpanId: parent_id }) },
    ...{ name: name.slice(0, TEXT_MAX), kind: KINDS[kind] },
    ...{ startTimeUnixNano: nanoseconds(started_at), endTimeUnixNano: nanoseconds(ended_at) },
    attributes: attributesOf(error === undefined ? attributes : { ...attributes, "error.type": error }),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  };
}

const attributesOf = (attributes: Span["attributes"]) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: typed(value) }));

function typed(value: string | number | boolean) {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value.slice(0, TEXT_MAX) };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** They are too many for a float. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, "0")}`;
}
