import { expect, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
import { Desk, FUT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const LISTING_EVERY_MS = 600_000;
const LISTED_AT = Date.UTC(2026, 0, 1, 12);

test("a tick size that the exchange changes behind our back is known to the router with S1's next look", async () => {
  const desk = await Desk.open({ seed: "listing", startsAt: LISTED_AT - 60_000 });
  await desk.sim.clock.run(LISTED_AT + 5_000);
  const half = (Math.floor(Number(desk.price(FUT)) * 0.99) + 0.5).toFixed(1);
  const tenth = (Number(half) + 0.1).toFixed(1);
  await desk.fault({ kind: "filters", instrument: FUT, tick: "0.5" });
  await desk.sim.clock.run(LISTED_AT + LISTING_EVERY_MS + 2_000);
  expect(await desk.answered(desk.enter(FUT, { stop_loss: { price: tenth } }))).toBe("OFF_TICK");
  const target = (Number(half) + 2_000).toFixed(1);
  const fine = { stop_loss: { price: half }, take_profit: { price: target } };
  expect(await desk.answered(desk.enter(FUT, fine))).toMatchObject({ status: "FILLED" });
  const told = await readAll(desk.sim.world.store("s11"), alertsKept, { code: "LISTING_CHANGED" });
  expect(told).toMatchObject([{ severity: "INFO", message: `${FUT}: tick_size 0.10 → 0.5` }]);
}, 300_000);
