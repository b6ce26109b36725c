/** Benchmark: matching on the fast book, beside the plain one and the best published one, on the same commands. */
import { OrderBook as PublishedBook, Side } from "nodejs-order-book";
import { seededRandom } from "../../shared/adapters/random.ts";
import { dec } from "../../shared/domain/money.ts";
import { Book } from "../../shared/engine/book.ts";
import { Exchange } from "../../shared/engine/exchange.ts";
import { FastBook } from "../../shared/engine/fast-book.ts";
import { defaultListings, priceOf, qtyOf } from "../../shared/engine/listing.ts";
import type { NewOrder } from "../../shared/engine/matcher.ts";
import { LimitOrderMatcher } from "../../shared/engine/matching.ts";
import type { OrderBook } from "../../shared/engine/order-book.ts";
import { type Benchmark, cpuMicros, inTurns } from "./measure.ts";

const COMMANDS = 200_000;
const REPEATS = 9;
const MID_TICKS = 6_000_000;
const RESTING = [1_000, 10_000, 100_000];
/** Of 100 commands: cancels, and orders that cross; the others rest. */
const CANCELS = 42;
const TAKERS = 10;

type Command = { cancel: string } | { place: NewOrder };

/**
 * A market like a liquid one: the middle wanders, most orders are placed within some dozen ticks of the touch and few
 * far away, more than two in five commands take an order back, and one in ten crosses.
 */
function commandsOf(seed: number): Command[] {
  const random = seededRandom(`matching ${seed}`);
  const whole = (most: number): number => Math.floor(random.next() * most);
  const live: string[] = [];
  const commands: Command[] = [];
  let middle = MID_TICKS;
  for (let i = 0; i < COMMANDS; i++) {
    if (i % 50 === 0) middle += whole(5) - 2;
    const dice = whole(100);
    if (dice < CANCELS && live.length > 100) {
      // Young orders go first, as they do.
      const at = Math.max(0, live.length - 1 - Math.floor(-Math.log(1 - random.next()) * 200));
      commands.push({ cancel: live[at] as string });
      live[at] = live[live.length - 1] as string;
      live.pop();
      continue;
    }
    const side = whole(2) === 0 ? "BUY" : "SELL";
    const away = dice < CANCELS + TAKERS ? -whole(5) : 1 + Math.floor(-Math.log(1 - random.next()) * 30);
    const ticks = side === "BUY" ? middle - away : middle + away;
    const id = `o${i}`;
    commands.push({ place: { id, side, kind: "limit", ticks, lots: 1 + whole(1_000), tif: "GTC" } });
    live.push(id);
  }
  return commands;
}

interface Outcome {
  trades: number;
  lots: number;
}

/** Orders that rest far from the touch, a few on each of many levels, and stay. */
function fill(matcher: LimitOrderMatcher, count: number): void {
  for (let i = 0; i < count; i++) {
    const side = i % 2 === 0 ? "BUY" : "SELL";
    const away = 10_000 + (i >> 3);
    const ticks = side === "BUY" ? MID_TICKS - away : MID_TICKS + away;
    matcher.place({ id: `far${i}`, side, kind: "limit", ticks, lots: 10, tif: "GTC" });
  }
}

/** ns CPU a command. */
function ours(commands: readonly Command[], make: () => OrderBook, out: Outcome, resting = 0): number {
  const matcher = new LimitOrderMatcher(make());
  fill(matcher, resting);
  out.trades = 0;
  out.lots = 0;
  const begun = process.cpuUsage();
  for (const command of commands) {
    if ("cancel" in command) matcher.cancel(command.cancel);
    else {
      for (const event of matcher.place(command.place)) {
        if (event.kind !== "trade" || event.maker) continue;
        out.trades++;
        out.lots += event.lots;
      }
    }
  }
  return (1_000 * cpuMicros(begun)) / commands.length;
}

function published(commands: readonly Command[], out: Outcome): number {
  const book = new PublishedBook();
  out.trades = 0;
  out.lots = 0;
  const begun = process.cpuUsage();
  for (const command of commands) {
    if ("cancel" in command) {
      book.cancel(command.cancel);
      continue;
    }
    const { id, side, ticks: price, lots: size } = command.place;
    const done = book.limit({ id, side: side === "BUY" ? Side.BUY : Side.SELL, price, size });
    out.trades += done.done.length;
    out.lots += size - (done.quantityLeft ?? 0);
  }
  return (1_000 * cpuMicros(begun)) / commands.length;
}

const SPOT = "SPOT:BTCUSDT";
const ACCOUNTS = 4;

/** The same commands with accounts, holds, fees and facts, kept in memory; µs CPU a command. */
function whole(commands: readonly Command[]): number {
  const listings = defaultListings();
  const listing = listings.find(({ instrument }) => instrument === SPOT)!;
  const matcher = new LimitOrderMatcher();
  const exchange = new Exchange({
    listings,
    matcher: () => matcher,
    write: () => {},
    heard: () => {},
    flush: () => {},
  });
  exchange.run(1, () => {
    for (let i = 0; i < ACCOUNTS; i++) {
      for (const [asset, qty] of [
        ["USDT", "1000000000000"],
        ["BTC", "100000000"],
      ] as const) {
        exchange.move(`a${i}`, "SPOT", { asset, qty: dec(qty), why: "deposit" });
      }
    }
  });
  const ids = new Map<string, number>();
  const begun = process.cpuUsage();
  for (const [i, command] of commands.entries()) {
    exchange.run(i + 2, () => {
      if ("cancel" in command) {
        const order = exchange.state.open.get(ids.get(command.cancel) ?? -1);
        if (order) exchange.end(order, "canceled");
        return;
      }
      const { id, side, ticks, lots } = command.place;
      const amounts = { price: priceOf(listing, ticks), qty: qtyOf(listing, lots) };
      const terms = { account: `a${i % ACCOUNTS}`, instrument: SPOT, client_id: id, side, tif: "GTC" } as const;
      ids.set(id, exchange.place({ ...terms, ...amounts, type: "LIMIT" }).order_id);
    });
  }
  return cpuMicros(begun) / commands.length;
}

/** Commands of the whole exchange: it keeps every order and trade it ever had. */
const WHOLE_COMMANDS = 4_000;

export const benchmark: Benchmark = {
  what: "matching: limit orders and cancels near a wandering touch, beside nodejs-order-book on the same commands",
  async run() {
    const commands = commandsOf(1);
    const [fast, plain, theirs]: Outcome[] = [0, 1, 2].map(() => ({ trades: 0, lots: 0 }));
    const rows = await inTurns(
      [
        { what: "fast book", once: () => ours(commands, () => new FastBook(), fast!) },
        { what: "plain book, the specification", once: () => ours(commands, () => new Book(), plain!) },
        { what: "nodejs-order-book", once: () => published(commands, theirs!) },
      ],
      { unit: "ns CPU a command", repeats: REPEATS, warmUps: 2 },
    );
    const grown = await inTurns(
      RESTING.map((resting) => ({
        what: `fast book over ${resting.toLocaleString("en")} resting orders`,
        once: () => ours(commands, () => new FastBook(), { trades: 0, lots: 0 }, resting),
      })),
      { unit: "ns CPU a command", repeats: REPEATS, warmUps: 1 },
    );
    const exchange = await inTurns(
      [{ what: "whole exchange: accounts, holds, fees, facts", once: () => whole(commands.slice(0, WHOLE_COMMANDS)) }],
      { unit: "µs CPU a command", repeats: REPEATS, warmUps: 2 },
    );
    const perSecond = (row: { median: number } | undefined) => Math.round(1e9 / (row?.median ?? Number.NaN));
    return {
      rows: [...rows, ...grown, ...exchange],
      ratios: {
        "nodejs-order-book to fast": rows[2]!.median / rows[0]!.median,
        "plain to fast": rows[1]!.median / rows[0]!.median,
      },
      notes: [
        `fast: ${perSecond(rows[0]).toLocaleString("en")} commands a second of one core`,
        `trades ${fast!.trades} / ${plain!.trades} / ${theirs!.trades}, lots traded ${fast!.lots} / ${plain!.lots} / ${theirs!.lots}`,
      ],
    };
  },
};
