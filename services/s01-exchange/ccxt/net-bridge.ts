/** ccxt's requests over our Net: the last look before an order leaves, the exchange's wish for silence, what was sent. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Problem } from "../../../shared/errors.ts";
import { NetError } from "../../../shared/kit/ports.ts";
import { checkReach } from "../hosts.ts";
import type { Surroundings } from "../types.ts";

const RETRY_MS_WHEN_UNSAID = 5_000;
const BAN_MS_WHEN_UNSAID = 120_000;

/** One call of ccxt's, which may become several requests. */
export interface Sending {
  /** Runs right before each request that changes something; what it throws stops it unsent. */
  readonly before?: (() => void) | undefined;
  /** Something that changes something may have reached the exchange. */
  sent: boolean;
}

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export class NetBridge {
  private readonly around: Surroundings;
  private readonly market: string;
  private readonly calls = new AsyncLocalStorage<Sending>();
  private silentUntil = Number.NEGATIVE_INFINITY;
  /** Monotonic time of the last answer. */
  answeredAt = Number.NEGATIVE_INFINITY;

  constructor(around: Surroundings, market: string) {
    this.around = around;
    this.market = market;
  }

  run<T>(sending: Sending, work: () => Promise<T>): Promise<T> {
    return this.calls.run(sending, work);
  }

  /** In the shape of the platform's `fetch`, which ccxt takes instead of its own. */
  readonly fetch = async (url: string, { method = "GET", headers = {}, body }: Init): Promise<Response> => {
    const { net, clock, settings } = this.around;
    checkReach(settings, url);
    if (clock.mono() < this.silentUntil) throw this.limited();
    const sending = method === "GET" ? undefined : this.calls.getStore();
    sending?.before?.();
    const wasSent = sending?.sent ?? false;
    if (sending) sending.sent = true;
    const text = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    try {
      const answer = await net.fetch({
        ...{ method, url, headers: text, timeoutMs: settings.callTimeoutMs },
        ...(typeof body === "string" && { body }),
      });
      this.answeredAt = clock.mono();
      if (answer.status === 429 || answer.status === 418) this.beSilent(answer.status, answer.headers["retry-after"]);
      const isEmpty = answer.status === 204 || answer.status === 304;
      return new Response(isEmpty ? null : answer.body, { status: answer.status, headers: answer.headers });
    } catch (error) {
      if (sending && error instanceof NetError && error.kind === "refused") sending.sent = wasSent;
      throw error;
    }
  };

  private beSilent(status: number, retryAfter: string | undefined): void {
    const { clock, raise, log } = this.around;
    const said = Number(retryAfter) * 1_000;
    const wait = said > 0 ? said : status === 418 ? BAN_MS_WHEN_UNSAID : RETRY_MS_WHEN_UNSAID;
    this.silentUntil = Math.max(this.silentUntil, clock.mono() + wait);
    log.warn("The exchange wants silence", { market: this.market, status, wait_ms: wait });
    const code = status === 418 ? "EXCHANGE_BAN" : "EXCHANGE_RATE_LIMIT";
    raise(status === 418 ? "FATAL" : "WARN", code, `${this.market} answered ${status}`, `Silent for ${wait} ms`);
  }

  private limited(): Problem {
    const retryAfterMs = Math.max(this.silentUntil - this.around.clock.mono(), 1_000);
    return new Problem("RATE_LIMITED", `The exchange wants silence (${this.market}).`, { retryAfterMs });
  }
}
