import { afterEach, expect, test } from "bun:test";
import { createMetrics } from "../../shared/kit/metrics.ts";
import { bookedFigures, budgetFigures } from "./figures.ts";
import { entry, FUT, MAKER, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
const metrics = () => {
  const kept = createMetrics("s04");
  return { kept, lines: async (name: string) => linesOf(await kept.text(), name) };
};
/** Without what all of them share. */
const linesOf = (text: string, name: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`chimera_${name}{`))
    .map((line) =>
      line.slice(`chimera_${name}`.length).replace(`instrument="${FUT}",`, "").replace(',service="s04"', ""),
    );

async function open() {
  world = new RouterWorld({});
  const { kept, lines } = metrics();
  world.router.book.onBooked(bookedFigures(kept));
  await world.start();
  return { kept, lines };
}
afterEach(() => world.close());

test("an entry is counted once with its fill, fee, value and slippage, however often it is asked and told", async () => {
  const { lines } = await open();
  const intent = entry({ strategy_id: "dip" });
  const answer = await world.place(intent);
  await world.pass(1_000);
  await world.place(intent);
  await world.pass(1_000);
  expect(await lines("intents_total")).toEqual(['{strategy_id="dip",kind="ENTRY",status="FILLED"} 1']);
  expect(await lines("orders_total")).toEqual(['{strategy_id="dip",kind="ENTRY",status="FILLED"} 1']);
  expect(await lines("fills_total")).toEqual(['{strategy_id="dip",kind="ENTRY",liquidity="taker"} 1']);
  expect(await lines("volume_usdt_total")).toEqual(['{strategy_id="dip",side="BUY",liquidity="taker"} 600.001']);
  expect(await lines("fees_usdt_total")).toEqual(['{strategy_id="dip",direction="paid"} 0.3000005']);
  const [slipped, ...others] = await lines("slippage_usdt_total");
  expect(others).toEqual([]);
  expect(slipped).toStartWith('{strategy_id="dip",direction="worse"} ');
  // Half a tick of 0.1 on 0.01 BTC.
  expect(Number(slipped?.split(" ")[1])).toBeCloseTo(0.0005, 6);
  expect(answer.fills).toHaveLength(1);
});

test("what rested is told apart from what took, and an order that was cancelled ends as that", async () => {
  const { lines } = await open();
  const maker = await world.place(entry({ exec: MAKER }));
  world.exchange.fill(maker.client_order_ids[0] as string, "0.004");
  await world.pass(3_000);
  expect(await lines("fills_total")).toEqual([
    '{strategy_id="none",kind="ENTRY",liquidity="maker"} 1',
    '{strategy_id="none",kind="ENTRY",liquidity="taker"} 1',
  ]);
  expect((await lines("orders_total")).toSorted()).toEqual([
    '{strategy_id="none",kind="ENTRY",status="CANCELED"} 1',
    '{strategy_id="none",kind="ENTRY",status="FILLED"} 1',
    // Made anew for more.
    '{strategy_id="none",kind="SL",status="CANCELED"} 1',
    '{strategy_id="none",kind="TP",status="CANCELED"} 1',
  ]);
  expect(await lines("intents_total")).toEqual(['{strategy_id="none",kind="ENTRY",status="FILLED"} 1']);
});

test("the budget is told as it stands", async () => {
  const { kept, lines } = await open();
  const tell = budgetFigures(kept, world.router);
  await world.place(entry());
  await world.pass(1_000);
  await tell();
  const value = async (name: string) => Number((await lines(name))[0]?.split(" ")[1]);
  const { used_usdt, budget_usdt } = world.router.budget();
  expect(await value("risk_budget_usdt")).toBe(Number(budget_usdt));
  expect(await value("risk_budget_used_usdt")).toBe(Number(used_usdt));
  expect(await value("risk_budget_used_usdt")).toBeGreaterThan(0);
  expect(await value("risk_budget_reserved_usdt")).toBe(0);
  expect(await value("open_positions")).toBe(1);
});
