/** The label service hosted on a virtual clock, beside an exchange with scripted bars and stores that tests fill. */
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put, remove } from "../../shared/changes.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { fundingRecords, instrumentRegistry } from "../../shared/collections/exchange.ts";
import { LABELS, type Label, labelGaps, labelMarks } from "../../shared/collections/labels.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { exchange, type FundingRate } from "../../shared/contracts.ts";
import type { Decision, FeatureValues, Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec, mul, show } from "../../shared/domain/money.ts";
import type { Fill, Side } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { refuse } from "../../shared/errors.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import { readAll } from "../../shared/read-all.ts";
import { type Alert, alerts, type LabelsReady, labelsReady } from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { decide } from "../../shared/trading/decision/decide.ts";
import { accountWith, listingOf, signalWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { HORIZONS_H, type HorizonH } from "../../shared/trading/labels/outcome.ts";
import { MINUTE_MS, type MinuteBar } from "../../shared/trading/labels/price-path.ts";
import { applyTradeFill, emptyTrade, withFunding } from "../../shared/trading/position/trade.ts";
import s07 from "./service.ts";

export const FUT = "FUT:BTCUSDT";
export const SPOT = "SPOT:BTCUSDT";
export const HOUR_MS = 60 * MINUTE_MS;
export const START = Date.UTC(2026, 0, 5);
const FUNDING_MS = 8 * HOUR_MS;
const BARS_H = 100;
const VIEW = viewWith({
  rules: [{ rule_id: "no-lean", when: { f: "obi_5", op: ">", v: 0.9 }, effect: { skip_entry: true } }],
});
const COMPILED = compileBundle(VIEW);

export interface SignalWish {
  values?: FeatureValues;
  instrument?: InstrumentId;
  /** Guards that fail, as the account is. */
  account?: Parameters<typeof accountWith>[0];
}

export class LabelWorld {
  readonly clock = new VirtualClock(START);
  readonly told: LabelsReady[] = [];
  readonly alerts: Alert[] = [];
  /** What the exchange says. */
  readonly there = {
    bars: walk("bars"),
    rates: [] as FundingRate[],
    isAway: false,
    refusesRates: false,
    asked: 0,
  };
  readonly world: SimWorld;
  private life!: Mortal;
  private all!: Constellation;
  private count = 0;

  private constructor() {
    const net = { fetch: () => Promise.reject(new Error("no net")), connect: () => ({ send() {}, close() {} }) };
    this.world = simulatedWorld({ clock: this.clock, net, seed: "s07", freeze: true });
    const listen = { group: "test", consumer: "test" };
    this.world.bus.subscribe(labelsReady, {
      ...listen,
      handle: ({ event }) => void this.told.push(event as LabelsReady),
    });
    this.world.bus.subscribe(alerts, { ...listen, handle: ({ event }) => void this.alerts.push(event) });
  }

  static async open(): Promise<LabelWorld> {
    const it = new LabelWorld();
    for (let at = START; at < START + BARS_H * HOUR_MS; at += FUNDING_MS) {
      const rate = at % (2 * FUNDING_MS) === 0 ? "0.0001" : "-0.00005";
      it.there.rates.push({ ts: at, rate, mark: it.priceAt(at) });
    }
    const { rev, bundle_id, hash, bundle } = VIEW;
    const record = { rev, bundle_id, hash, bundle, status: "ACTIVE" as const, author: "t", created_at: START };
    await it.world.store("s10").commit([put(configBundles, record)]);
    await it.world.store("s01").commit([FUT, SPOT].map((each) => put(instrumentRegistry, listingOf(each))));
    await it.boot();
    return it;
  }

  private async boot(): Promise<void> {
    this.life = mortal(this.world);
    const services = [this.s01(), s07, configNeighbour({ rev: VIEW.rev, activated_at: START, bundle: VIEW.bundle })];
    const ids = services.map((each) => each.id);
    this.all = await this.finish(constellation(services, ids, this.life.world));
    await this.finish(this.all.start());
  }

  /** Ends it in the middle of whatever it does, and starts it anew. */
  async crash(): Promise<void> {
    this.life.end();
    await this.boot();
  }
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await this.clock.run(() => done);
    return work;
  }
  pass(ms: number): Promise<void> {
    return this.clock.run(this.clock.now() + ms);
  }
  async close(): Promise<void> {
    await this.finish(this.all.stop());
  }

  private s01() {
    const { there, clock } = this;
    const reach = () => {
      there.asked++;
      if (there.isAway) refuse("UNAVAILABLE", "the exchange is away");
    };
    return defineService({
      ...BARE,
      ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081 },
      setup: () => ({
        verbs: [
          answers(exchange.methods.getHistory, {
            ...{ name: "getHistory", summary: "Bars" },
            run({ instrument, from_ts = 0, to_ts = Infinity, limit }) {
              reach();
              const within = there.bars.filter(({ open_ts }) => open_ts >= from_ts && open_ts <= to_ts);
              const bars = within.slice(0, limit).map((bar) => ({
                ...{ instrument, timeframe: "1m" as const, exch_ts: bar.open_ts, ts: clock.now(), ...bar },
                ...{ close_ts: bar.open_ts + MINUTE_MS - 1, volume: "1", quote_volume: "1", trades: 1 },
                closed: bar.open_ts + MINUTE_MS <= clock.now(),
              }));
              return { source: "EXCHANGE" as const, bars: bars.filter(({ open_ts }) => open_ts <= clock.now()) };
            },
          }),
          answers(exchange.methods.getFundingRates, {
            ...{ name: "getFundingRates", summary: "Rates" },
            run({ from_ts, to_ts }) {
              reach();
              if (there.refusesRates) refuse("EXCHANGE_REFUSED", "no such symbol");
              const rates = there.rates.filter(({ ts }) => ts >= from_ts && ts <= to_ts && ts <= clock.now());
              return { rates };
            },
          }),
        ],
      }),
    });
  }

  // ---- what the stores hold

  /** The open of the minute in which it is asked. */
  priceAt(ts: number): string {
    const bar = this.there.bars.find(({ open_ts }) => open_ts === Math.floor(ts / MINUTE_MS) * MINUTE_MS);
    return bar?.open ?? refuse("NOT_FOUND", "there is no bar");
  }

  /** A signal as of now with the decision that S3 would have made of it. */
  async signal({ values = {}, instrument = FUT, account = {} }: SignalWish = {}) {
    const now = this.clock.now();
    const price = this.priceAt(now);
    const quotes = { bid: show((dec(price) - dec("0.1")) as never), ask: price };
    const made = signalWith({ mid: Number(price), ...values }, { ts: now, exch_ts: now, instrument, ...quotes });
    const signal: Signal = { ...made, signal_id: `signal-${++this.count}` };
    const listing = listingOf(instrument);
    const decision = decide({ signal, compiled: COMPILED, account: accountWith(account), instrument: listing, now });
    await this.world.store("s02").commit([put(signalsSeen, signal)]);
    await this.world.store("s03").commit([put(decisionsMade, decision)]);
    return { signal, decision };
  }

  fill(trade_id: string, instrument: InstrumentId, over: Pick<Fill, "side" | "price" | "qty"> & Partial<Fill>): Fill {
    const fee = show(mul(mul(dec(over.qty), dec(over.price)), dec("0.0005")));
    return {
      ...{ fill_id: `${trade_id}-${++this.count}`, account: "main", instrument, intent_id: `${trade_id}:entry` },
      ...{ client_order_id: "c", order_id: "o", kind: "ENTRY", fee, fee_asset: "USDT", fee_usdt: fee, maker: false },
      ...{ mid_at_send: Number(over.price), slippage_bps: 0, trade_id, ts: this.clock.now() },
      ...over,
    };
  }

  /** The trade of all its fills and payments so far, as S6 would keep it. */
  async keepTrade({ decision, fills }: { decision: Decision; fills: readonly Fill[] }): Promise<Trade> {
    const { signal_id, instrument, strategy_id, sizing, config_rev } = decision;
    const [first] = fills as [Fill];
    const rules = { spot: instrument === SPOT, base: "BTC", step_size: listingOf(instrument).step_size };
    const opening = { trade_id: signal_id, account: "main", instrument, strategy_id, side: first.side, config_rev };
    const empty = emptyTrade({ ...opening, leverage: sizing?.leverage ?? 20, params: {}, signal_id }, first.ts);
    const folded = fills.reduce((so, fill) => applyTradeFill(so, fill, rules).trade, empty);
    const paid = await readAll(this.world.store("s01"), fundingRecords, ["ts", { instrument }]);
    const mine = paid.filter(({ ts }) => ts >= folded.opened_at && ts <= (folded.closed_at ?? ts));
    const trade = mine.reduce((so, { amount_usdt, ts }) => withFunding(so, dec(amount_usdt), ts), folded);
    await this.world.store("s04").commit(fills.map((fill) => put(fillsKept, fill)));
    await this.world.store("s06").commit([put(trades, trade)]);
    return trade;
  }

  async pay(instrument: InstrumentId, amount_usdt: string, ts = this.clock.now()): Promise<void> {
    const record = { income_id: `income-${++this.count}`, account: "main", instrument, asset: "USDT", amount_usdt, ts };
    await this.world.store("s01").commit([put(fundingRecords, record)]);
  }

  // ---- what the service has written, and asking it

  async labels(horizonH: HorizonH): Promise<Label[]> {
    return readAll(this.world.store("s07"), LABELS[horizonH], ["ts", {}]);
  }

  /** As if S7 had never been there. */
  async wipe(): Promise<void> {
    const store = this.world.store("s07");
    const all = [...HORIZONS_H.map((each) => LABELS[each]), labelGaps, labelMarks] as unknown as Collection<unknown>[];
    for (const collection of all) {
      const { items } = await store.query(collection, { limit: 1_000 });
      await store.commit(items.map(({ key }) => remove(collection, key)));
    }
  }

  async ask(method: string, path: string, { body, role = "researcher" }: { body?: unknown; role?: Role } = {}) {
    const tokens = createTokens(this.world.serviceKey, this.clock);
    const token = await this.clock.hold(tokens.mint("s12", "s07", { id: "ann", role }));
    const headers = {
      ...{ "content-type": "application/json", authorization: `Bearer ${token}` },
      "idempotency-key": `key-${++this.count}`,
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const asking = this.all.hosted.get("s07")!.fetch(new Request(`http://127.0.0.1${path}`, init));
    const answer = await this.finish(asking);
    // biome-ignore lint/suspicious/noExplicitAny: tests read what answers hold.
    return { status: answer.status, body: (await answer.json()) as any };
  }
  get(path: string, role?: Role) {
    return this.ask("GET", path, role === undefined ? {} : { role });
  }
}

/** Bars of a price that wanders by some tenths of a percent an hour, on whole tenths, from START on. */
function walk(seed: string): MinuteBar[] {
  const random = seededRandom(seed);
  let price = 600_000;
  const text = (tenths: number) => show(dec((tenths / 10).toFixed(1)));
  return Array.from({ length: BARS_H * 60 }, (_, at) => {
    const steps = Array.from({ length: 4 }, () => price + random.int(601) - 300);
    const [open, close] = [price, steps[3]!];
    price = close;
    const [high, low] = [Math.max(open, ...steps), Math.min(open, ...steps)];
    return { open_ts: START + at * MINUTE_MS, open: text(open), high: text(high), low: text(low), close: text(close) };
  });
}

export const opposite = (side: Side): Side => (side === "BUY" ? "SELL" : "BUY");
