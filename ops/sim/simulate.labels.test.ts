import { describe, expect, test } from "bun:test";
import { remove } from "../../shared/changes.ts";
import { LABELS, type Label, labelGaps, labelJobs, labelMarks } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { add, dec, show } from "../../shared/domain/money.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import { HORIZONS_H } from "../../shared/trading/labels/outcome.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const HOUR_MS = 3_600_000;
/** So that funding falls due while it trades. */
const STARTS_AT = Date.UTC(2026, 0, 1, 7, 58, 30);

/** Trades for three minutes over a funding time; then the market rests and all services are away until all is due. */
async function traded(): Promise<Desk> {
  const desk = await Desk.open({
    ...{ seed: "labels", strategies: true, canCrash: true, instruments: [FUT, SPOT], startsAt: STARTS_AT },
  });
  await desk.sim.advance(3 * 60_000);
  desk.sim.market.stop();
  desk.sim.kill([...desk.sim.services.hosted.keys()], 36.2 * HOUR_MS);
  await desk.sim.advance(36.2 * HOUR_MS);
  await desk.sim.advance(0.3 * HOUR_MS);
  return desk;
}

describe("labels of the whole system", () => {
  test("live ones are what the books say, and equal those made from scratch, funding included", async () => {
    const desk = await traded();
    const { world } = desk.sim;
    const store = world.store("s07");
    const labels = () => Promise.all(HORIZONS_H.map((horizonH) => readAll(store, LABELS[horizonH])));
    const live = await labels();
    const signals = await readAll(world.store("s02"), signalsSeen);
    const gaps = await readAll(store, labelGaps);
    for (const found of live) {
      expect(found.filter(({ counterfactual }) => counterfactual).length).toBeGreaterThan(0);
      expect(found.filter(({ counterfactual }) => !counterfactual).length).toBeGreaterThan(0);
    }
    const paid = live.flat().filter(({ counterfactual, funding_usdt }) => !counterfactual && funding_usdt !== "0");
    expect(paid.length).toBeGreaterThan(0);
    // Every signal has a label at every horizon, or wanted nothing.
    expect(live.flat().length + gaps.length).toBe(signals.length * HORIZONS_H.length);
    expect(gaps.every(({ code }) => code === "NOTHING_TO_TRADE")).toBe(true);

    const ended = new Map((await readAll(world.store("s06"), trades)).map((trade) => [trade.trade_id, trade]));
    for (const label of live.flat()) {
      expect(show(add(dec(label.gross_usdt), add(dec(label.funding_usdt), dec(`-${label.fees_usdt}`))))).toBe(
        label.net_usdt,
      );
      const trade = label.trade_id === undefined ? undefined : ended.get(label.trade_id);
      if (label.exit_reason === "mark" || trade === undefined) continue;
      const { pnl_usdt: net_usdt, funding_usdt, fees_usdt, margin_usdt } = trade;
      expect(label).toMatchObject({ net_usdt, funding_usdt, fees_usdt, margin_usdt });
    }

    const all = [...HORIZONS_H.map((each) => LABELS[each]), labelGaps, labelMarks] as unknown as Collection<unknown>[];
    for (const collection of all) {
      const { items } = await store.query(collection, { limit: 1_000 });
      await store.commit(items.map(({ key }) => remove(collection, key)));
    }
    for (const horizon_h of HORIZONS_H) {
      const body = { horizon_h, from_ts: 0, force: false };
      await desk.answered(desk.verb("s07", "backfillLabels", body));
    }
    await desk.sim.advance(5_000);
    expect((await readAll(store, labelJobs)).map(({ state, failed }) => [state, failed])).toEqual([
      ["DONE", 0],
      ["DONE", 0],
      ["DONE", 0],
    ]);
    const timeless = (some: Label[][]) => some.flat().map(({ computed_at: _when, ...label }) => label);
    expect(timeless(await labels())).toEqual(timeless(live));
    expect(world.errors).toEqual([]);
  }, 300_000);
});
