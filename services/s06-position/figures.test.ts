import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { createMetrics } from "../../shared/kit/metrics.ts";
import { standingFigures, tradeFigures } from "./figures.ts";
import { FUT, World } from "./world.fixture.ts";

let world: World;
let metrics: ReturnType<typeof createMetrics>;
beforeEach(async () => {
  world = await new World().start();
  metrics = createMetrics("s06");
});
afterEach(() => world.close());

/** Values by labels, without what all of them share. */
async function told(name: string): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith(`chimera_${name}{`));
  return Object.fromEntries(
    lines.map((line) => {
      const [labels = "", value] = line.slice(`chimera_${name}`.length).split(" ");
      return [
        labels.replace(`instrument="${FUT}",`, "").replace('service="s06"', "").replace(",}", "}"),
        Number(value),
      ];
    }),
  );
}
const exit = (price: string, qty: string) =>
  world.hear(world.result({ intent_id: `x${price}`, kind: "EXIT", side: "SELL", qty }, [{ price, qty }]));

test("results are counted as they are booked, and a trade once when it closes", async () => {
  world.positions.book.onTrade(tradeFigures(metrics));
  const { strategy_id } = await world.open();
  await exit("110", "0.4");
  expect(await told("realised_pnl_usdt_total")).toEqual({ [`{strategy_id="${strategy_id}",direction="gain"}`]: 4 });
  expect(await told("trades_closed_total")).toEqual({});
  await exit("90", "0.6");
  expect(await told("realised_pnl_usdt_total")).toEqual({
    [`{strategy_id="${strategy_id}",direction="gain"}`]: 4,
    [`{strategy_id="${strategy_id}",direction="loss"}`]: 6,
  });
  const closed = await told("trades_closed_total");
  expect(Object.values(closed)).toEqual([1]);
  expect(Object.keys(closed)[0]).toContain('outcome="loss"');
  const [[labels, lost] = []] = Object.entries(await told("closed_pnl_usdt_total"));
  expect(labels).toContain('direction="loss"');
  expect(lost).toBeGreaterThanOrEqual(2);
});

test("whatever is traded, what was counted is what the books say, and a start counts nothing again", async () => {
  const price = fc.integer({ min: 9_700, max: 10_500 }).map((cents) => String(cents / 100));
  const part = fc.integer({ min: 1, max: 9 });
  world.positions.book.onTrade(tradeFigures(metrics));
  const trades = fc.sample(fc.tuple(price, part, price), { numRuns: 20, seed: 6 });
  for (const [at, [first, tenths, last]] of trades.entries()) {
    const trade_id = `trade-${at}`;
    const entry = world.result({ intent_id: `${trade_id}:entry` }, [{ trade_id, fee_usdt: "0.05" }]);
    await world.hear(entry);
    for (const [exitPrice, qty] of [
      [first, tenths],
      [last, 10 - tenths],
    ] as const) {
      const fill = { price: exitPrice, qty: String(qty / 10), trade_id, fee_usdt: "0.02" };
      const intent = { intent_id: `${trade_id}:${qty}:${exitPrice}`, kind: "EXIT", side: "SELL", trade_id } as const;
      await world.hear(world.result({ ...intent, qty: fill.qty }, [fill]));
    }
    expect(world.positions.book.open(FUT)).toBeUndefined();
  }
  const [row] = await world.positions.accounting.pnl("instrument", {});
  expect(row?.trades).toBe(20);
  const net = async (name: string) => {
    const signed = Object.entries(await told(name)).map(([labels, usdt]) => (labels.includes("gain") ? usdt : -usdt));
    return signed.reduce((sum, usdt) => sum + usdt, 0);
  };
  expect(await net("realised_pnl_usdt_total")).toBeCloseTo(Number(row?.realised_usdt), 6);
  expect(await net("closed_pnl_usdt_total")).toBeCloseTo(Number(row?.pnl_usdt), 6);
  const closed = Object.entries(await told("trades_closed_total"));
  const count = (word: string) => closed.reduce((sum, [labels, n]) => sum + (labels.includes(word) ? n : 0), 0);
  expect([count("outcome"), count('outcome="win"')]).toEqual([20, row?.wins as number]);
  const before = await metrics.text();
  await world.positions.book.load();
  expect(await metrics.text()).toBe(before);
});

test("what stands is told: equity, drawdown, the open trade; and of a closed one nothing more", async () => {
  const tell = standingFigures(metrics, world.positions);
  await tell();
  // Nothing was asked of the exchange yet: no equity is not an equity of 0.
  expect(await told("equity_usdt")).toEqual({});
  await world.positions.accounting.measure();
  await world.open();
  await world.price("104");
  world.free.FUT = "900";
  await world.positions.accounting.measure();
  await tell();
  expect(await told("equity_usdt")).toEqual({ '{account="main"}': 900 });
  expect(await told("drawdown_ratio")).toEqual({ '{account="main"}': 0.1 });
  expect(await told("drawdown_usdt")).toEqual({ '{account="main"}': 100 });
  expect(Object.values(await told("unrealised_pnl_usdt"))).toEqual([4]);
  expect(Object.values(await told("exposure_usdt"))).toEqual([104]);
  expect(Object.values(await told("open_trades"))).toEqual([1]);
  await exit("104", "1");
  await tell();
  for (const name of ["unrealised_pnl_usdt", "exposure_usdt", "open_trades"]) expect(await told(name)).toEqual({});
});
