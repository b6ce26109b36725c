/** Finds out about one signal: what was traded on it or would have been, and what that had earned at a horizon. */
import { configBundles } from "../../shared/collections/config.ts";
import { fundingRecords, instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { GapCode } from "../../shared/collections/labels.ts";
import { fills as fillsKept, intents } from "../../shared/collections/orders.ts";
import { decisionOutcomes, decisionsMade } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { FundingRate } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Decision, Signal, Sizing } from "../../shared/domain/decision.ts";
import { type Instrument, type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import { type Amount, dec } from "../../shared/domain/money.ts";
import type { Side } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem } from "../../shared/errors.ts";
import { entryIntentId } from "../../shared/keys.ts";
import type { Prices } from "../../shared/minute-prices.ts";
import { readAll } from "../../shared/read-all.ts";
import { type CompiledBundle, compileCache } from "../../shared/trading/decision/compiled.ts";
import { unguarded } from "../../shared/trading/decision/unguarded.ts";
import { imagine } from "../../shared/trading/labels/counterfactual.ts";
import { type HorizonH, horizonMs } from "../../shared/trading/labels/outcome.ts";
import { closeBefore, firstMissing, MINUTE_MS, minutesWithin } from "../../shared/trading/labels/price-path.ts";
import { agrees, openAt, tradeAt } from "../../shared/trading/labels/traded.ts";
import { imaginedLabel, type Span, tradedLabel } from "./label-document.ts";
import type { Finding, Ports } from "./types.ts";

const REVISIONS_KEPT = 8;
/** Between two looks others of the process have their turn: stores answer without ever waiting. */
const BREATH_MS = 1;

/** The exchange's word that it has none, whenever it is asked. */
const NOT_TOLD: ReadonlySet<string> = new Set(["EXCHANGE_REFUSED", "NOT_FOUND", "INSTRUMENT_DISABLED"]);

/** Ends a look at a signal with the reason why it has no label. */
class Gap extends Error {
  readonly code: GapCode;
  constructor(code: GapCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
const gap = (code: GapCode, detail: string): never => {
  throw new Gap(code, detail);
};

export class Labeller {
  private readonly ports: Ports;
  private readonly prices: Prices;
  private readonly compiled = compileCache(REVISIONS_KEPT);

  constructor(ports: Ports, prices: Prices) {
    this.ports = ports;
    this.prices = prices;
  }

  /** The signal's horizon must have passed. Throws what `Prices` throws. */
  async look(signal: Signal, horizonH: HorizonH): Promise<Finding> {
    const t0 = signal.trigger.exch_ts;
    const span = { horizonH, from: t0, to: t0 + horizonMs(horizonH) };
    const { store, clock } = this.ports;
    await clock.sleep(BREATH_MS);
    try {
      const decision = (await store.get(decisionsMade, signal.signal_id))?.value;
      const trade = (await store.get(trades, signal.signal_id))?.value;
      const isTraded = trade !== undefined && trade.status !== "ABANDONED";
      return { label: await (isTraded ? this.traded({ signal, decision, trade }, span) : this.skipped(signal, span)) };
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      return { gap: { code: error.code, detail: error.message } };
    }
  }

  private async traded(
    { signal, decision, trade }: { signal: Signal; decision: Decision | undefined; trade: Trade },
    span: Span,
  ) {
    const { store } = this.ports;
    const listing = await this.listing(trade.instrument);
    const rules = { spot: listing.market === "SPOT", base: listing.base, step_size: listing.step_size };
    const fills = await readAll(store, fillsKept, ["ts", { trade_id: trade.trade_id }]);
    if (trade.status === "PENDING_ENTRY" || fills.length === 0) gap("TRADE_UNSETTLED", "no fill of it is known yet");
    if (!agrees({ trade, fills, rules })) gap("TRADE_UNSETTLED", "the trade and its fills do not agree yet");
    const at = tradeAt({ trade, fills, rules, to: span.to });
    if (at.entry_qty === "0") gap("TRADE_UNSETTLED", "nothing of it had been filled at the horizon");
    const isOpen = openAt(at, trade, span.to) > 0n;
    const compiled = isOpen ? await this.revision(trade.config_rev) : undefined;
    const price = compiled && { mark: await this.mark(trade, span.to), takerFee: takerFeeOf(compiled, trade) };
    const payments = rules.spot ? [] : await this.payments(trade, span.to);
    return tradedLabel({ signal, decision, trade, at, fills, payments, price }, span);
  }

  private async mark({ instrument }: Trade, to: number): Promise<Amount> {
    const bars = await this.prices.minutes(instrument, { from: to - 2 * MINUTE_MS, to });
    return closeBefore(bars, to) ?? gap("PRICE_GAP", `no bar of the minute before ${new Date(to).toISOString()}`);
  }

  /** The account's own records of the time in which the trade was open: one trade per account and instrument. */
  private async payments({ account, instrument, opened_at, closed_at }: Trade, to: number) {
    const ts = { gte: opened_at, lte: Math.min(closed_at ?? to, to) };
    const records = await readAll(this.ports.store, fundingRecords, ["ts", { instrument, ts }]);
    return records.filter((record) => record.account === account);
  }

  private async skipped(signal: Signal, span: Span) {
    const decision = (await this.ports.store.get(decisionsMade, signal.signal_id))?.value;
    const not_traded = decision?.decision.action === "open" ? await this.whyNotTraded(signal) : undefined;
    const listing = await this.listing(signal.instrument);
    const compiled = await this.revision(decision?.config_rev ?? signal.config_rev);
    const { side, sizing } = wanted({ signal, decision, compiled, listing });
    const { stop_price, take_profit_price } = sizing;
    if (stop_price === undefined || take_profit_price === undefined) return gap("NOTHING_TO_TRADE", "no_stop");
    const bars = await this.prices.minutes(signal.instrument, span);
    const missing = firstMissing(bars, minutesWithin(span.from, span.to));
    if (missing !== undefined) gap("PRICE_GAP", `no bar of the minute ${new Date(missing).toISOString()}`);
    const isFutures = marketOf(signal.instrument) === "FUT";
    const funding = isFutures ? await this.funding(signal.instrument, span) : [];
    const takerFee = takerFeeOf(compiled, signal);
    const plan = {
      ...{ side, qty: dec(sizing.qty), entry: dec(sizing.entry_price), margin: dec(sizing.margin_usdt), takerFee },
      ...{ stop: dec(stop_price), target: dec(take_profit_price) },
    };
    const ended = imagine(plan, { from: span.from, to: span.to, bars, funding });
    const config_rev = compiled.rev;
    return imaginedLabel(
      { signal, decision, not_traded, side, sizing, ended, bars, funding, takerFee, config_rev },
      span,
    );
  }

  /** One instrument whose rates the exchange refuses to tell keeps no other from its labels. */
  private async funding(instrument: InstrumentId, span: Span): Promise<FundingRate[]> {
    try {
      return await this.prices.funding(instrument, span);
    } catch (error) {
      const { code, message } = asProblem(error);
      if (!NOT_TOLD.has(code)) throw error;
      return gap("PRICE_GAP", `funding: ${message}`);
    }
  }

  /** An entry that was decided lives for seconds: what is not known of it hours later never was. */
  private async whyNotTraded({ signal_id }: Signal): Promise<string> {
    const { store } = this.ports;
    const record = (await store.get(intents, entryIntentId(signal_id, "entry")))?.value;
    if (record) {
      const isOver = record.state === "DONE" && dec(record.answer.filled_qty) === 0n;
      return isOver
        ? record.answer.status
        : gap("TRADE_UNSETTLED", "its entry is filled or runs, and no trade is known");
    }
    return (await store.get(decisionOutcomes, signal_id))?.value.code ?? "NO_INTENT";
  }

  private async listing(instrument: string): Promise<Instrument> {
    const listing = (await this.ports.store.get(instrumentRegistry, instrument))?.value;
    return listing ?? gap("NOT_LISTED", `${instrument} is not among the exchange's instruments`);
  }

  private async revision(rev: number): Promise<CompiledBundle> {
    const { items } = await this.ports.store.query(configBundles, { where: { rev }, limit: 1 });
    const record = items[0]?.value ?? gap("CONFIG_MISSING", `revision ${rev} is not known`);
    const { bundle_id, hash } = record;
    const read = Bundle.safeParse(record.bundle);
    if (!read.success) return gap("CONFIG_MISSING", `revision ${rev} cannot be read any more`);
    return this.compiled({ rev, bundle_id, hash, bundle: read.data });
  }
}

const takerFeeOf = ({ bundle }: CompiledBundle, { instrument }: Pick<Signal, "instrument">): Amount => {
  const { taker_fee, spot_taker_fee } = bundle.flags.execution;
  return dec(marketOf(instrument) === "FUT" ? taker_fee : spot_taker_fee);
};

/** The decision's own size where it had one; else what it would have been without the guard or rule that ended it. */
function wanted(of: {
  signal: Signal;
  decision: Decision | undefined;
  compiled: CompiledBundle;
  listing: Instrument;
}): { side: Side; sizing: Sizing } {
  const { signal, decision, compiled, listing } = of;
  const wish = decision?.program?.wish;
  if (wish?.price !== undefined) gap("NOTHING_TO_TRADE", "resting_entry");
  if (decision?.sizing && decision.decision.side) return { side: decision.decision.side, sizing: decision.sizing };
  const found = unguarded({ signal, compiled, instrument: listing, wish });
  return found.sizing ? found : gap("NOTHING_TO_TRADE", found.reason);
}
