/** Faults on what a connection is told: messages lost, doubled, swapped, late, crossed, or a line that is dead both ways. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import type { Wire } from "./sessions.ts";

export const STREAM_FAULTS = ["drop", "duplicate", "swap", "delay", "cross"] as const;

export interface StreamFault {
  readonly kind: "stream";
  /** `swap`: the message comes after the next one. `cross`: the best bid of a depth message is offered as well. */
  readonly does: (typeof STREAM_FAULTS)[number];
  readonly market: Market;
  /** `depthUpdate`, `trade`, `bookTicker`, `executionReport`, `ORDER_TRADE_UPDATE` …; all without it. */
  readonly event?: string | undefined;
  /** All without it. */
  readonly symbol?: string | undefined;
  /** How many messages it still takes. */
  count: number;
  /** Epoch ms. */
  readonly until: number;
  readonly delay_ms: number;
}

/** A swapped message waits for its successor at most this long. */
const SWAP_MS_MAX = 1_000;

/** What a message is: `e` and `s` of a frame, an account's event or an enveloped one; nothing for answers. */
function readMessage(text: string): { event: string; symbol: string; data: Record<string, unknown> } | undefined {
  const said = JSON.parse(text) as Record<string, unknown>;
  const data = (said.data ?? said.event ?? said) as Record<string, unknown>;
  if (data.e === undefined && (data.u === undefined || data.B === undefined)) return undefined;
  const order = data.o as { s?: unknown } | undefined;
  return { event: String(data.e ?? "bookTicker"), symbol: String(data.s ?? order?.s ?? ""), data };
}

export class StreamFaults {
  private rules: StreamFault[] = [];
  private readonly lines = new Set<FaultyWire>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(fault: StreamFault): void {
    this.rules.push(fault);
  }

  /** Every connection of the market that is open now stays so and is never heard again, on either side. */
  halfOpen(market: Market): void {
    for (const line of this.lines) if (line.market === market) line.die();
  }

  list(): readonly StreamFault[] {
    this.rules = this.rules.filter(({ until }) => until > this.clock.now());
    return this.rules;
  }

  clear(): void {
    this.rules = [];
  }

  /** Stands between a session and its connection. */
  wire(market: Market, inner: Wire): FaultyWire {
    const line = new FaultyWire({ faults: this, clock: this.clock, lines: this.lines }, market, inner);
    this.lines.add(line);
    return line;
  }

  get isQuiet(): boolean {
    return this.rules.length === 0;
  }

  /** The fault that meets this message, used up by one. */
  take(market: Market, text: string): { fault: StreamFault; data: Record<string, unknown> } | undefined {
    const message = readMessage(text);
    if (!message) return undefined;
    const fault = this.list().find(
      (each) =>
        each.market === market &&
        (each.event === undefined || each.event === message.event) &&
        (each.symbol === undefined || each.symbol === message.symbol) &&
        (each.does !== "cross" || canCross(message.data)),
    );
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.rules = this.rules.filter((each) => each !== fault);
    return { fault, data: message.data };
  }
}

interface Around {
  readonly faults: StreamFaults;
  readonly clock: Clock;
  readonly lines: Set<FaultyWire>;
}

export class FaultyWire implements Wire {
  readonly market: Market;
  readonly ping?: (payload: string) => void;
  private readonly inner: Wire;
  private readonly around: Around;
  private held: string | undefined;
  private cancel: Cancel = () => {};
  private dead = false;

  constructor(around: Around, market: Market, inner: Wire) {
    this.around = around;
    this.market = market;
    this.inner = inner;
    if (inner.ping) {
      this.ping = (payload) => {
        if (!this.dead) inner.ping?.(payload);
      };
    }
  }

  /** Nothing passes any more. */
  get isDead(): boolean {
    return this.dead;
  }

  die(): void {
    this.dead = true;
  }

  /** The connection is gone. */
  ended(): void {
    this.cancel();
    this.around.lines.delete(this);
  }

  close(code: number, reason: string): void {
    this.ended();
    if (!this.dead) this.inner.close(code, reason);
  }

  send(text: string): void {
    if (this.dead) return;
    const { faults } = this.around;
    const met = faults.isQuiet ? undefined : faults.take(this.market, text);
    if (met) this.meet(met, text);
    else this.pass(text);
  }

  private pass(text: string): void {
    if (this.dead) return;
    this.inner.send(text);
    if (this.held !== undefined) this.release();
  }

  private release(): void {
    const { held } = this;
    this.cancel();
    this.held = undefined;
    if (held !== undefined) this.pass(held);
  }

  private meet({ fault, data }: { fault: StreamFault; data: Record<string, unknown> }, text: string): void {
    const { clock } = this.around;
    switch (fault.does) {
      case "drop":
        return;
      case "duplicate":
        this.pass(text);
        this.pass(text);
        return;
      case "delay":
        clock.after(fault.delay_ms, () => this.pass(text));
        return;
      case "swap":
        this.release();
        this.held = text;
        this.cancel = clock.after(SWAP_MS_MAX, () => this.release());
        return;
      case "cross":
        this.pass(crossed(text, data));
        return;
      default:
        fault.does satisfies never;
    }
  }
}

type Rows = [price: string, qty: string][];
const bidIn = (data: Record<string, unknown>): Rows[number] | undefined =>
  Array.isArray(data.b) ? (data.b as Rows).find(([, qty]) => Number(qty) > 0) : undefined;
const canCross = (data: Record<string, unknown>): boolean => Array.isArray(data.a) && bidIn(data) !== undefined;

/** The same message, with a bid's price among the asks. */
function crossed(text: string, data: Record<string, unknown>): string {
  const bid = bidIn(data);
  const said = JSON.parse(text) as Record<string, unknown>;
  const inner = (said.data ?? said.event ?? said) as { a: Rows };
  inner.a = [...(data.a as Rows), bid as Rows[number]];
  return JSON.stringify(said);
}
