/** One market of an exchange through ccxt: opened at the first question, its clock, and what its failures mean. */
import type { Instrument, InstrumentId, Market } from "../../../shared/domain/instrument.ts";
import { Problem, refuse } from "../../../shared/errors.ts";
import type { Surroundings } from "../types.ts";
import { openClient } from "./client.ts";
import { type Dialect, dialectOf } from "./dialects.ts";
import { failureOf, is } from "./failures.ts";
import { NetBridge, type Sending } from "./net-bridge.ts";
import { type Known, Symbols } from "./symbols.ts";
import type { CcxtClient } from "./unified.ts";

type Work<T> = (client: CcxtClient) => Promise<T>;

export class CcxtLine {
  readonly market: Market;
  readonly bridge: NetBridge;
  readonly symbols = new Symbols();
  readonly dialect: Dialect;
  private readonly around: Surroundings;
  private opening: Promise<CcxtClient> | undefined;
  /** Exchange time minus ours. */
  offsetMs = 0;

  constructor(around: Surroundings, market: Market) {
    this.around = around;
    this.market = market;
    this.bridge = new NetBridge(around, market);
    this.dialect = dialectOf(around.settings.ccxtExchange);
  }

  /** Loads ccxt, which takes a moment and some fifty megabytes, and nothing over the network yet. */
  open(): Promise<CcxtClient> {
    this.opening ??= openClient(this.around, this.bridge, { market: this.market, floats: false });
    return this.opening;
  }

  /** Throws Problem INSTRUMENT_DISABLED. */
  need(instrument: InstrumentId): Known {
    return this.symbols.get(instrument) ?? refuse("INSTRUMENT_DISABLED", `The exchange does not list ${instrument}.`);
  }

  /** Throws Problem EXCHANGE_REFUSED, NOT_FOUND, RATE_LIMITED, INVALID or UNAVAILABLE. */
  ask<T>(work: Work<T>): Promise<T> {
    return this.tried({ sent: false }, work);
  }

  /** Throws EXCHANGE_UNKNOWN too: what was asked may have happened. */
  change<T>(work: Work<T>, before?: () => void): Promise<T> {
    return this.tried({ before, sent: false }, work);
  }

  async list(): Promise<Instrument[]> {
    const { clock } = this.around;
    return this.ask(async (client) => {
      await client.loadMarkets(true);
      const told = { precisionMode: client.precisionMode, now: clock.now() };
      return this.symbols.take(this.market, Object.values(client.markets), told);
    });
  }

  async measureClock(): Promise<void> {
    const { meters } = this.around;
    await this.ask(async (client) => {
      if (client.has.fetchTime !== true) return;
      this.offsetMs = -(await client.loadTimeDifference());
    });
    meters.clockOffsetMs.set(this.offsetMs, { market: this.market });
  }

  async close(): Promise<void> {
    const client = await this.opening?.catch(() => undefined);
    await client?.close().catch(() => undefined);
  }

  private async tried<T>(sending: Sending, work: Work<T>): Promise<T> {
    const client = await this.open();
    const once = () => this.bridge.run(sending, () => work(client));
    try {
      return await once();
    } catch (error) {
      const isLate = is(error, "InvalidNonce") && !is(error, "ChecksumError");
      if (!isLate) throw this.toldOf(error, sending.sent);
    }
    sending.sent = false;
    try {
      await client.loadTimeDifference();
      return await once();
    } catch (error) {
      throw this.toldOf(error, sending.sent);
    }
  }

  private toldOf(error: unknown, sent: boolean): unknown {
    const failure = failureOf(error, sent);
    if (failure instanceof Problem && is(error, "AuthenticationError")) {
      this.around.raise("ERROR", "KEY_REFUSED", `The exchange refused our key (${this.market}): ${failure.message}`);
    }
    return failure;
  }
}
