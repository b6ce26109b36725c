/** Binance's account streams of both markets: connected, kept alive, turned into events, and honest about what was missed. */
import type { InstrumentId, Market } from "../../../shared/domain/instrument.ts";
import type { AccountEvent } from "../../../shared/streams.ts";
import { type Hosts, hostsOf } from "../hosts.ts";
import type { Surroundings } from "../types.ts";
import type { VenueStreams } from "../venue-port.ts";
import { isForced, type Known, readAccountFrame } from "./account-wire.ts";
import { parseExact } from "./exact-json.ts";
import { LiveSocket } from "./live-socket.ts";
import { CODE, exchangeCode, type Rest } from "./rest.ts";

/** Orders remembered as sent by a trigger, and as heard of. */
const REMEMBERED_MAX = 5_000;
const LISTEN_KEY = "/fapi/v1/listenKey";

export interface AccountPorts {
  readonly account: string;
  readonly rests: Readonly<Record<Market, Rest>>;
  tell(event: AccountEvent): void;
  mark(instrument: InstrumentId): string | undefined;
  configured(instrument: InstrumentId, leverage: number | undefined): void;
  /** An order was heard of: whatever its fate was, it is known now. */
  heard(clientOrderId: string): void;
  funded(): void;
}

export class AccountStreams implements VenueStreams {
  private readonly around: Surroundings;
  private readonly ports: AccountPorts;
  private readonly hosts: Hosts;
  private readonly sockets: Record<Market, LiveSocket>;
  private readonly isSubscribed: Record<Market, boolean> = { SPOT: false, FUT: false };
  private readonly lastAt: Record<Market, number | undefined> = { SPOT: undefined, FUT: undefined };
  private readonly leverages = new Map<InstrumentId, number>();
  private readonly triggered = new Map<string, string>();
  private readonly awaited = new Map<string, { market: Market; dueAt: number }>();
  /** The stream is often faster than the answer to the order itself. */
  private readonly heard = new Set<string>();
  private listenKey: string | undefined;
  private messageId = 0;

  constructor(around: Surroundings, ports: AccountPorts) {
    this.around = around;
    this.ports = ports;
    this.hosts = hostsOf(around.settings);
    this.sockets = {
      FUT: new LiveSocket(around, {
        name: "fut-account",
        url: () => this.futUrl(),
        opened: (_send, replaces) => this.begun("FUT", replaces),
        message: (text) => this.frame("FUT", text),
        down: () => this.ended("FUT"),
        probe: () => JSON.stringify({ method: "LIST_SUBSCRIPTIONS", id: ++this.messageId }),
      }),
      SPOT: new LiveSocket(around, {
        name: "spot-account",
        url: () => this.hosts.spotApiWs,
        opened: (send) => send(this.spotSubscription()),
        message: (text) => this.frame("SPOT", text),
        down: () => this.ended("SPOT"),
        probe: () => JSON.stringify({ id: String(++this.messageId), method: "ping" }),
      }),
    };
  }

  start(): void {
    this.sockets.FUT.start();
    this.sockets.SPOT.start();
  }

  stop(): void {
    this.sockets.FUT.stop();
    this.sockets.SPOT.stop();
  }

  /** What is wrong, in words; nothing when both streams are up. */
  trouble(): string | undefined {
    const down = (["FUT", "SPOT"] as const).filter((market) => !this.isSubscribed[market]);
    return down.length === 0 ? undefined : `${down.join(" and ")} account stream is down`;
  }

  setLeverage(instrument: InstrumentId, leverage: number): void {
    this.leverages.set(instrument, leverage);
  }

  /** The exchange took this order, so the stream must tell of it soon; if it does not, it is dead without saying so. */
  expect(market: Market, clientOrderId: string): void {
    const { clock, settings } = this.around;
    if (this.isSubscribed[market] && !this.heard.has(clientOrderId)) {
      this.awaited.set(clientOrderId, { market, dueAt: clock.mono() + settings.executionHeardMsMax });
    }
  }

  /** Replaces streams that did not tell what they should have. */
  checkHeard(): void {
    const now = this.around.clock.mono();
    for (const market of ["FUT", "SPOT"] as const) {
      const overdue = [...this.awaited].some(([, wait]) => wait.market === market && wait.dueAt < now);
      if (!overdue) continue;
      for (const [id, wait] of this.awaited) if (wait.market === market) this.awaited.delete(id);
      this.around.raise("WARN", "ACCOUNT_STREAM_DEAF", `The ${market} account stream missed an order`, "Reconnecting");
      this.sockets[market].restart("did not tell of an order that was taken");
    }
  }

  /** The key ends an hour after it was last asked for. */
  async keepAlive(): Promise<void> {
    if (this.listenKey === undefined) return;
    try {
      await this.ports.rests.FUT.call("PUT", LISTEN_KEY, {}, { auth: "key", urgent: true });
    } catch (error) {
      if (exchangeCode(error) !== CODE.listenKeyGone) throw error;
      this.sockets.FUT.restart("the listen key is gone");
    }
  }

  private async futUrl(): Promise<string> {
    const body = await this.ports.rests.FUT.call<{ listenKey?: unknown }>(
      "POST",
      LISTEN_KEY,
      {},
      { auth: "key", urgent: true },
    );
    if (typeof body.listenKey !== "string" || body.listenKey === "") throw new Error("the exchange gave no listen key");
    this.listenKey = body.listenKey;
    return `${this.hosts.futWs}/private/ws?listenKey=${encodeURIComponent(body.listenKey)}`;
  }

  /** The WebSocket API signs its parameters sorted by name and not percent-encoded. */
  private spotSubscription(): string {
    const { settings } = this.around;
    const rest = this.ports.rests.SPOT;
    const timestamp = rest.timestamp();
    const query = `apiKey=${settings.apiKey}&recvWindow=${settings.recvWindowMs}&timestamp=${timestamp}`;
    const params = {
      apiKey: settings.apiKey,
      recvWindow: settings.recvWindowMs,
      timestamp,
      signature: rest.sign(query),
    };
    return JSON.stringify({ id: "subscribe", method: "userDataStream.subscribe.signature", params });
  }

  private begun(market: Market, replaces: boolean): void {
    this.isSubscribed[market] = true;
    if (!replaces) this.tellGap(market);
  }

  private ended(market: Market): void {
    this.isSubscribed[market] = false;
    this.lastAt[market] ??= this.around.clock.now();
    for (const [id, wait] of this.awaited) if (wait.market === market) this.awaited.delete(id);
    this.around.raise("WARN", "ACCOUNT_STREAM_DOWN", `The ${market} account stream is down`, "Reconnecting");
  }

  /** Also at the first connection: what happened before this process began was missed too. */
  private tellGap(market: Market): void {
    const ts = this.around.clock.now();
    this.ports.tell({ kind: "gap", instrument: market, from_ts: this.lastAt[market] ?? 0, ts });
    this.lastAt[market] = ts;
  }

  private frame(market: Market, text: string): void {
    const { clock, log, meters, raise } = this.around;
    const ts = clock.now();
    try {
      const body = parseExact(text) as Record<string, unknown>;
      const told = (body.event ?? body.data ?? body) as Record<string, unknown>;
      if (typeof told.e !== "string") {
        this.reply(market, body);
        return;
      }
      this.lastAt[market] = ts;
      if (told.e === "listenKeyExpired" || told.e === "eventStreamTerminated" || told.e === "serverShutdown") {
        this.sockets[market].restart(told.e);
        return;
      }
      for (const event of readAccountFrame(told, this.known(ts))) this.pass(event);
    } catch (error) {
      meters.dropped.inc({ market, reason: "account" });
      log.error("Account frame not understood", { market, error: String(error).slice(0, 400) });
      raise("ERROR", "ACCOUNT_FRAME", `A ${market} account frame was not understood`, "Told as a gap");
      // Whatever it said, the listeners can ask for.
      this.ports.tell({ kind: "gap", instrument: market, from_ts: this.lastAt[market] ?? 0, ts });
    }
  }

  private pass(event: AccountEvent): void {
    if (event.kind === "execution") {
      this.awaited.delete(event.client_order_id);
      this.heard.add(event.client_order_id);
      trim(this.heard);
      this.ports.heard(event.client_order_id);
      if (isForced(event.client_order_id)) {
        this.around.raise("FATAL", "FORCED_CLOSE", `The exchange closes ${event.instrument} by force`);
      }
    }
    this.ports.tell(event);
  }

  private reply(market: Market, body: Record<string, unknown>): void {
    if (body.id !== "subscribe") return;
    if (body.status === 200) {
      this.begun(market, this.isSubscribed[market]);
      return;
    }
    this.around.log.error("Account stream refused", { market, status: body.status });
    this.around.raise("ERROR", "ACCOUNT_STREAM_REFUSED", `The ${market} account stream was refused`);
    this.sockets[market].restart("subscription refused");
  }

  private known(ts: number): Known {
    return {
      account: this.ports.account,
      ts,
      mark: (instrument) => this.ports.mark(instrument),
      leverage: (instrument) => this.leverages.get(instrument) ?? 0,
      conditionalOf: (orderId) => this.triggered.get(orderId),
      triggered: (orderId, clientOrderId) => {
        this.triggered.set(orderId, clientOrderId);
        trim(this.triggered);
      },
      configured: (instrument, leverage) => {
        if (leverage !== undefined) this.leverages.set(instrument, leverage);
        this.ports.configured(instrument, leverage);
      },
      funded: () => this.ports.funded(),
    };
  }
}

/** Forgets the oldest entry past the limit. */
function trim(memory: Map<string, unknown> | Set<string>): void {
  const oldest = memory.keys().next().value;
  if (memory.size > REMEMBERED_MAX && oldest !== undefined) memory.delete(oldest);
}
