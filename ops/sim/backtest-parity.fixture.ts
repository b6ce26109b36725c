/** One recording through the whole system and through a backtest, with the same constant delays: what differs. */
import { backtest } from "../../shared/backtest/backtest.ts";
import { BACKTEST_DEFAULTS } from "../../shared/backtest/backtest-options.ts";
import type { BacktestFill } from "../../shared/backtest/backtest-result.ts";
import type { Tape } from "../../shared/backtest/tape.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { trades as tradesKept } from "../../shared/collections/trades.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { canonicalJson } from "../../shared/domain/canonical.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { dec, show } from "../../shared/domain/money.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { tapeOfFiles } from "../data/tape-files.ts";
import { openReplayMarket } from "../venue/replay-market.ts";
import { readAll } from "./pages.ts";
import { openSimulation } from "./simulate.ts";

/**
 * The two draw different chances, so the delays have none. They are no whole milliseconds: in no real market anything
 * happens at the very moment at which something else arrives.
 */
const LATENCY = {
  feed: { baseMs: 4.31, jitterMs: 0 },
  order: { baseMs: 5.23, jitterMs: 0 },
  response: { baseMs: 3.97, jitterMs: 0 },
};
const SEED = 1;

export interface Played {
  readonly decisions: readonly Decision[];
  readonly fills: readonly (Omit<BacktestFill, "trade_id"> & Pick<Fill, "trade_id">)[];
  readonly trades: readonly Trade[];
  /** When the record ends: what is under way then goes on in a replay. */
  readonly until: number;
}

export async function replayed(files: readonly string[], bundleText: string): Promise<Omit<Played, "until">> {
  const sim = await openSimulation({
    ...{ seed: SEED, bundleText, latency: LATENCY, env: { CHIMERA_INSTALLATION_TAG: "chim" } },
    market: (clock) => openReplayMarket({ clock, files, listings: defaultListings() }),
  });
  await sim.play();
  const { invariants, errors } = await sim.summary();
  if (invariants.violated.length > 0 || errors.length > 0) throw new Error([...invariants.violated, ...errors].join());
  const { world } = sim;
  return {
    decisions: await readAll(world.store("s03"), decisionsMade),
    fills: await readAll(world.store("s04"), fillsKept),
    trades: await readAll(world.store("s06"), tradesKept),
  };
}

export async function backtested(files: readonly string[], bundleText: string): Promise<Played> {
  const bundle = Bundle.parse(JSON.parse(bundleText));
  const result = finished(await tapeOf(files, bundle), bundle);
  return { decisions: result.decided ?? [], fills: result.fills, trades: result.trades, until: result.to_ts };
}

const tapeOf = (files: readonly string[], bundle: Bundle): Promise<Tape> =>
  tapeOfFiles(files, {
    ...{ form: "book", listings: defaultListings(), on_problem: "repair" },
    instruments: bundle.instruments.filter(({ enabled }) => enabled).map(({ instrument }) => instrument),
  });

function finished(tape: Tape, bundle: Bundle) {
  const running = backtest({ ...BACKTEST_DEFAULTS, bundle, tape, latency: LATENCY, keep_decisions: true });
  for (;;) {
    const step = running.next(undefined);
    if (step.done) return step.value;
  }
}

/** In words; empty: the same decisions, each with all it was made from, the same fills, the same trades. */
export function unlike(replay: Omit<Played, "until">, run: Played): string[] {
  const { until } = run;
  const upTo = <T extends { ts: number }>(all: readonly T[]) => all.filter(({ ts }) => ts <= until);
  // A trade that goes on after the end is compared by its fills.
  const closed = (all: readonly Trade[]) =>
    all.filter(({ closed_at = Number.POSITIVE_INFINITY }) => closed_at <= until);
  return [
    ...differing(upTo(replay.decisions).map(decisionText), upTo(run.decisions).map(decisionText), "decision"),
    ...differing(upTo(replay.fills).map(fillText), upTo(run.fills).map(fillText), "fill"),
    ...differing(closed(replay.trades).map(tradeText), closed(run.trades).map(tradeText), "trade"),
  ];
}

function differing(one: readonly string[], other: readonly string[], what: string): string[] {
  const only = (a: readonly string[], b: readonly string[], where: string) => {
    const known = new Map<string, number>();
    for (const text of b) known.set(text, (known.get(text) ?? 0) + 1);
    return a
      .filter((text) => {
        const left = known.get(text) ?? 0;
        known.set(text, left - 1);
        return left <= 0;
      })
      .map((text) => `${what} only in the ${where}: ${text}`);
  };
  return [...only(one, other, "replay"), ...only(other, one, "backtest")];
}

/** All but how long deciding took on this machine. */
const decisionText = ({ latency_us: _machine, ...decision }: Decision): string => canonicalJson(decision);

const amount = (text: string): string => show(dec(text));
const fillText = (fill: Played["fills"][number]): string =>
  [
    ...[new Date(fill.ts).toISOString(), fill.instrument, fill.client_order_id, fill.kind, fill.side],
    ...[amount(fill.price), amount(fill.qty), fill.maker ? "maker" : "taker", amount(fill.fee_usdt)],
    ...[String(fill.mid_at_send), String(fill.slippage_bps), fill.trade_id],
  ].join(" ");

const tradeText = ({ params: _memory, ...trade }: Trade): string => canonicalJson(trade);
