import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { add, dec, show } from "../../domain/money.ts";
import { agreeing, asOpen, type Books, compareAll, isFut, orderWith, statusOf } from "./books.fixture.ts";
import { agreement, type Difference, settled } from "./difference.ts";

const SEED = 20_260_105;
const plus = (qty: string, more: string) => show(add(dec(qty), dec(more)));

test("books that say the same as the exchange agree in full, and nothing differs", () => {
  fc.assert(
    fc.property(agreeing, (books) => {
      const { checked, differences, agreement } = compareAll(books);
      const assets = new Set(books.balances.map((row) => row.asset)).size;
      expect(checked).toBe(books.orders.length + books.positions.length + assets + books.trades.length);
      expect(differences).toEqual([]);
      expect(agreement).toBe(1);
    }),
    { seed: SEED },
  );
});

/** One change each, what it is called, and of which thing; nothing where the books have nothing to change. */
const CHANGES: Record<string, (books: Books) => [Books, string, string] | undefined> = {
  "an order is cancelled at the exchange": (books) => {
    const [gone, ...open] = books.open;
    return gone && [{ ...books, open }, "ORDER_GONE_THERE", gone.client_order_id];
  },
  "an order of nobody's": (books) => {
    const strange = asOpen(orderWith({ client_order_id: "web_1" }));
    return [{ ...books, open: [...books.open, strange] }, "ORDER_MISSING_HERE", "web_1"];
  },
  "an order that ended here and stands there": (books) => {
    const [first, ...rest] = books.orders;
    const ended = first && statusOf(first, "CANCELED");
    return ended && [{ ...books, orders: [ended, ...rest] }, "ORDER_DIFFERS", ended.client_order_id];
  },
  "an order that has traded more there": (books) => {
    const [first, ...rest] = books.open;
    const traded = first && { ...first, filled_qty: first.qty };
    if (!traded || traded.filled_qty === first.filled_qty) return undefined;
    return [{ ...books, open: [traded, ...rest] }, "ORDER_DIFFERS", traded.client_order_id];
  },
  "an order that somebody enlarged": (books) => {
    const [first, ...rest] = books.open;
    const larger = first && { ...first, qty: plus(first.qty, "1") };
    return larger && [{ ...books, open: [larger, ...rest] }, "ORDER_DIFFERS", larger.client_order_id];
  },
  "a position that is larger there": (books) => {
    const [first, ...rest] = books.positions;
    const larger = first && { ...first, qty: plus(first.qty, "0.001") };
    if (!larger) return undefined;
    return [{ ...books, positions: [larger, ...rest] }, "POSITION_DIFFERS", larger.instrument];
  },
  "a position that nobody here knows": (books) => {
    const strange = { instrument: "FUT:DOGEUSDT", qty: "-10" };
    return [{ ...books, positions: [...books.positions, strange] }, "POSITION_DIFFERS", strange.instrument];
  },
  "a position that is gone": (books) => {
    const [gone, ...positions] = books.positions;
    return gone && [{ ...books, positions }, "POSITION_DIFFERS", gone.instrument];
  },
  "coins that have left the wallet": (books) => {
    const [first, ...rest] = books.balances;
    const spot = first && books.held.find((row) => !isFut(row) && row.instrument.includes(first.asset));
    if (!first || !spot) return undefined;
    const short = { ...first, free: "0", locked: "0.0001" };
    return [{ ...books, balances: [short, ...rest] }, "HOLDING_DIFFERS", spot.instrument];
  },
  "a trade that has lost a fill": (books) => {
    const [first, ...rest] = books.trades;
    const short = first && { ...first, open_qty: plus(first.open_qty, "0.002") };
    return short && [{ ...books, trades: [short, ...rest] }, "TRADE_DIFFERS", short.instrument];
  },
  "a trade that is not there": (books) => {
    const [first, ...trades] = books.trades;
    return first && [{ ...books, trades }, "TRADE_DIFFERS", first.instrument];
  },
};

describe("one change is one difference, of the right kind and thing", () => {
  for (const [name, change] of Object.entries(CHANGES)) {
    test(name, () => {
      let tried = 0;
      fc.assert(
        fc.property(agreeing, (books) => {
          const changed = change(books);
          if (!changed) return;
          tried++;
          const [after, kind, ref] = changed;
          const { checked, differences, agreement } = compareAll(after);
          expect(differences.map((each) => [each.kind, each.ref])).toEqual([[kind, ref]] as never);
          expect(agreement).toBeCloseTo(1 - 1 / checked, 12);
        }),
        { seed: SEED },
      );
      expect(tried).toBeGreaterThan(20);
    });
  }
});

test("coins beyond what is held are the owner's own", () => {
  fc.assert(
    fc.property(agreeing, (books) => {
      const balances = books.balances.map((row) => ({ ...row, free: plus(row.free, "5") }));
      expect(compareAll({ ...books, balances }).differences).toEqual([]);
    }),
    { seed: SEED },
  );
});

test("an order without an answer yet is compared by nobody's word", () => {
  for (const order of [
    orderWith({ status: "SENT" }),
    orderWith({ status: "UNKNOWN", created_at: 0 }),
    orderWith({ status: "PENDING", created_at: Number.MAX_SAFE_INTEGER }),
  ]) {
    const books = { orders: [order], open: [], held: [], positions: [], balances: [], trades: [] };
    expect(compareAll(books)).toEqual({ checked: 0, differences: [], agreement: 1 });
    expect(compareAll({ ...books, open: [asOpen(order)] })).toEqual({ checked: 0, differences: [], agreement: 1 });
  }
});

test("an instrument with an order under way is not judged by quantities", () => {
  const fut = "FUT:BTCUSDT";
  const held = [{ instrument: fut, qty: "1", side: "BUY" as const, dust: "0" }];
  const books = { orders: [], open: [], held, positions: [], balances: [], trades: [] };
  expect(compareAll(books).differences.map((each) => each.kind)).toEqual(["POSITION_DIFFERS", "TRADE_DIFFERS"]);
  expect(compareAll(books, new Set([fut]))).toEqual({ checked: 0, differences: [], agreement: 1 });
});

test("a reduce-only order that the exchange cut to the position, and one that trades ahead of the list, are as they should be", () => {
  const stop = orderWith({ reduce_only: true, leg: "sl0", qty: "0.01" });
  const entry = orderWith({ client_order_id: "chim-2", status: "PARTIALLY_FILLED", filled_qty: "0.005" });
  const open = [asOpen(stop, { qty: "0.008" }), asOpen(entry, { filled_qty: "0.004" })];
  const books = { orders: [stop, entry], open, held: [], positions: [], balances: [], trades: [] };
  expect(compareAll(books).differences).toEqual([]);
});

test("only what two looks saw alike is settled", () => {
  const of = (theirs: string): Difference => ({
    ...{ kind: "POSITION_DIFFERS", ref: "FUT:BTCUSDT", instrument: "FUT:BTCUSDT", ours: "0" },
    theirs,
  });
  expect(settled([of("1")], [of("1")])).toEqual([of("1")]);
  expect(settled([of("1")], [of("2")])).toEqual([]);
  expect(settled([], [of("1")])).toEqual([]);
});

test("agreement is the share of what both know alike, and 1 of nothing", () => {
  expect([agreement(0, 0), agreement(4, 1), agreement(1, 1)]).toEqual([1, 0.75, 0]);
});
