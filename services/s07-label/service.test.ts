import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { remove } from "../../shared/changes.ts";
import { LABELS, labelGaps } from "../../shared/collections/labels.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import { show } from "../../shared/domain/money.ts";
import { HORIZONS_H } from "../../shared/trading/labels/outcome.ts";
import { MINUTE_MS } from "../../shared/trading/labels/price-path.ts";
import { FUT, HOUR_MS, LabelWorld, opposite, SPOT } from "./world.fixture.ts";

/** Days pass here; a busy machine takes its time. */
setDefaultTimeout(60_000);

let it: LabelWorld;
afterEach(async () => {
  expect(it.world.errors).toEqual([]);
  await it.close();
});
/** A quarter of an hour, the settling time and the sweep itself. */
const DUE_MS = 20 * MINUTE_MS;

/** An entry as decided, and an exit `afterMs` later at what the market says; `share` of it. */
async function trade(wish: Parameters<LabelWorld["signal"]>[0], afterMs: number, share = 1) {
  const { signal, decision } = await it.signal(wish);
  const { qty, entry_price } = decision.sizing!;
  const side = decision.decision.side!;
  const entry = it.fill(signal.signal_id, signal.instrument, { side, price: entry_price, qty });
  await it.keepTrade({ decision, fills: [entry] });
  if (afterMs === Infinity) return { signal, decision, fills: [entry] };
  await it.pass(afterMs);
  const out = (Math.round(Number(qty) * share * 1000) / 1000).toFixed(3);
  const exit = it.fill(signal.signal_id, signal.instrument, {
    ...{ side: opposite(side), price: it.priceAt(it.clock.now()), qty: share === 1 ? qty : out, kind: "EXIT" },
  });
  const fills = [entry, exit];
  await it.keepTrade({ decision, fills });
  return { signal, decision, fills };
}

describe("live and from scratch", () => {
  test("labels written as horizons pass equal labels made of the same stores later, to the last digit", async () => {
    it = await LabelWorld.open();
    await it.pass(30_000);
    // A long over a funding time, a short, a coin, one closed in part, one that stays open to the end.
    await it.pass(7 * HOUR_MS);
    const paid = await trade({}, 2 * HOUR_MS);
    await it.pay(FUT, "-0.04", Date.UTC(2026, 0, 5, 8));
    await it.keepTrade(paid);
    await trade({ values: { obi_5: -0.6 } }, HOUR_MS);
    await trade({ instrument: SPOT }, 30 * MINUTE_MS);
    await trade({}, 20 * MINUTE_MS, 0.5);
    await trade({ values: { obi_5: -0.7 } }, Infinity);
    // Skipped by a guard, by a rule, for want of a side, and taken without a fill.
    await it.signal({ account: { kill: true } });
    await it.signal({ values: { spread_bps: 99, obi_5: -0.8 } });
    await it.signal({ values: { obi_5: 0.95 } });
    await it.signal({ values: { obi_5: 0 } });
    await it.signal();
    await it.signal({ instrument: SPOT, account: { health: "RED" } });
    await it.pass(37 * HOUR_MS);

    const live = await Promise.all(HORIZONS_H.map((horizonH) => it.labels(horizonH)));
    expect(live.map((labels) => labels.length)).toEqual([10, 10, 10]);
    const [first] = live;
    expect(first?.map(({ counterfactual }) => counterfactual)).toEqual([
      ...[false, false, false, false, false, true, true, true, true, true],
    ]);
    expect(first?.[0]).toMatchObject({ funding_usdt: "-0.04", exit_reason: "close", fills: 2, price_source: "NONE" });
    expect(first?.[3]).toMatchObject({ exit_reason: "mark", price_source: "EXCHANGE_KLINES_1M" });
    expect(Number(first?.[3]?.open_qty)).toBeGreaterThan(0);
    expect(first?.slice(5).map(({ reason, not_traded }) => [reason, not_traded])).toEqual([
      ["kill_switch", undefined],
      ["spread_bps", undefined],
      ["no-lean", undefined],
      ["open", "NO_INTENT"],
      ["health", undefined],
    ]);
    expect(live.flat().every(({ revision }) => revision === 1)).toBe(true);
    const told = it.told.flatMap((event) => event.labels);
    expect(told.length).toBe(30);

    await it.wipe();
    it.told.length = 0;
    for (const horizon_h of HORIZONS_H) {
      const { status, body } = await it.ask("POST", "/labels/backfill", { body: { horizon_h, from_ts: 0 } });
      expect([status, body.state, body.total]).toEqual([202, "QUEUED", 11]);
      await it.pass(5_000);
      const after = await it.get(`/labels/jobs/${body.job_id}`);
      expect(after.body).toMatchObject({
        state: "DONE",
        done: 11,
        updated: 10,
        without_side: 1,
        failed: 0,
        errors: [],
      });
    }
    const again = await Promise.all(HORIZONS_H.map((horizonH) => it.labels(horizonH)));
    const timeless = (labels: typeof again) => labels.flat().map(({ computed_at: _when, ...label }) => label);
    expect(timeless(again)).toEqual(timeless(live));

    // A third time nothing is new: the very same documents stay.
    const { body } = await it.ask("POST", "/labels/backfill", { body: { horizon_h: 12, from_ts: 0, force: true } });
    await it.pass(5_000);
    expect((await it.get(`/labels/jobs/${body.job_id}`)).body).toMatchObject({ updated: 0, skipped: 10 });
    expect(await it.labels(12)).toEqual(again[0]!);
  });
});

describe("when", () => {
  test("at the first quarter of an hour after the horizon and its settling, and not before", async () => {
    it = await LabelWorld.open();
    await it.signal();
    await it.pass(12 * HOUR_MS);
    expect(await it.labels(12)).toEqual([]);
    expect(it.there.asked).toBe(0);
    await it.pass(DUE_MS);
    expect(await it.labels(12)).toHaveLength(1);
    expect(await it.labels(24)).toEqual([]);
    const [label] = await it.labels(12);
    const lineage = await it.world.store("s07").traverse(`${LABELS[12].name}/${label!.signal_id}`, "parents", 2);
    expect(lineage).toEqual([{ ref: `signals/${label!.signal_id}`, depth: 1 }]);
    const asked = it.there.asked;
    await it.pass(2 * HOUR_MS);
    expect(it.there.asked).toBe(asked);
  });

  test("a late payment and a late fill correct the label with a new revision, each told", async () => {
    it = await LabelWorld.open();
    await it.pass(HOUR_MS);
    await trade({}, 8 * HOUR_MS);
    await it.pass(12 * HOUR_MS);
    const [before] = await it.labels(12);
    expect(before).toMatchObject({ revision: 1, funding_usdt: "0" });
    await it.pay(FUT, "-0.05", Date.UTC(2026, 0, 5, 8));
    await it.pass(2 * HOUR_MS);
    const [after] = await it.labels(12);
    expect(after).toMatchObject({ revision: 2, funding_usdt: "-0.05", gross_usdt: before!.gross_usdt });
    expect(Number(after!.net_usdt)).toBeCloseTo(Number(before!.net_usdt) - 0.05, 12);
    expect(it.told.map(({ cause, labels }) => [cause, labels[0]?.revision])).toEqual([
      ["DUE", 1],
      ["RECHECK", 2],
    ]);
  });
});

describe("what is missing", () => {
  test("a hole in the bars is listed with its minute, tried again, and filled once they are there", async () => {
    it = await LabelWorld.open();
    const { signal } = await it.signal({ account: { kill: true }, values: { atr_14_5s: 400 } });
    const hole = it.there.bars.splice(3, 1);
    await it.pass(12 * HOUR_MS + DUE_MS);
    const gap = (await it.world.store("s07").get(labelGaps, `12h/${signal.signal_id}`))?.value;
    expect(gap).toMatchObject({ code: "PRICE_GAP", state: "OPEN", tries: 1 });
    expect(gap?.detail).toBe("no bar of the minute 2026-01-05T00:03:00.000Z");
    const { items } = (await it.get("/labels/coverage")).body;
    expect(items[0]).toMatchObject({
      ...{ day: "2026-01-05", horizon_h: 12, signals: 1, due: 1, labelled: 0, missing: 1 },
      reasons: { PRICE_GAP: 1 },
    });
    await it.pass(3 * HOUR_MS);
    expect(it.alerts.map(({ code, severity }) => [code, severity])).toEqual([["LABELS_MISSING_12H", "WARN"]]);
    it.there.bars = [...it.there.bars.slice(0, 3), ...hole, ...it.there.bars.slice(3)];
    await it.pass(4 * HOUR_MS);
    expect(await it.labels(12)).toHaveLength(1);
    expect(await it.world.store("s07").get(labelGaps, `12h/${signal.signal_id}`)).toBeUndefined();
  });

  test("an instrument whose rates the exchange tells no more keeps no other from its labels", async () => {
    it = await LabelWorld.open();
    it.there.refusesRates = true;
    const { signal } = await it.signal({ account: { kill: true } });
    await it.signal({ instrument: SPOT, account: { kill: true } });
    await it.pass(12 * HOUR_MS + DUE_MS);
    expect((await it.labels(12)).map(({ instrument }) => instrument)).toEqual([SPOT]);
    const gap = (await it.world.store("s07").get(labelGaps, `12h/${signal.signal_id}`))?.value;
    expect(gap).toMatchObject({ code: "PRICE_GAP", detail: "funding: no such symbol" });
  });

  test("a trade whose fills are not all known waits for them", async () => {
    it = await LabelWorld.open();
    const { decision, fills } = await trade({}, HOUR_MS);
    const ours = it.fill(decision.signal_id, FUT, { ...fills[0]!, fill_id: "late" });
    const whole = [fills[0]!, ours, { ...fills[1]!, qty: show((2n * 10n ** 15n) as never) }];
    await it.keepTrade({ decision, fills: whole });
    const s04 = it.world.store("s04");
    await s04.commit([remove(fillsKept, `${FUT}/late`)]);
    await it.pass(12 * HOUR_MS);
    expect(await it.labels(12)).toEqual([]);
    await it.keepTrade({ decision, fills: whole });
    await it.pass(HOUR_MS);
    expect(await it.labels(12)).toHaveLength(1);
  });

  test("while the exchange is away nothing is taken for a gap, and the service says that it waits", async () => {
    it = await LabelWorld.open();
    await it.signal();
    it.there.isAway = true;
    await it.pass(12 * HOUR_MS + DUE_MS);
    expect(await it.labels(12)).toEqual([]);
    expect(await it.world.store("s07").count(labelGaps)).toBe(0);
    const { checks } = (await it.get("/health")).body;
    expect(checks.find((check: { name: string }) => check.name === "label-prices").status).not.toBe("OK");
    it.there.isAway = false;
    await it.pass(DUE_MS);
    expect(await it.labels(12)).toHaveLength(1);
  });
});

describe("backfills", () => {
  async function withSignals(count: number): Promise<void> {
    it = await LabelWorld.open();
    for (let at = 0; at < count; at++) {
      await it.signal({ values: at % 3 === 0 ? { obi_5: 0 } : {} });
      await it.pass(1_000);
    }
    await it.pass(12 * HOUR_MS + DUE_MS);
    await it.wipe();
  }

  test("a crash in the middle loses and repeats nothing; what was cancelled stays as it was", async () => {
    await withSignals(130);
    const { body } = await it.ask("POST", "/labels/backfill", { body: { horizon_h: 12 } });
    let done = 0;
    while (done === 0) {
      await it.pass(100);
      done = (await it.get(`/labels/jobs/${body.job_id}`)).body.done;
    }
    expect(done).toBeLessThan(130);
    await it.crash();
    await it.pass(5_000);
    const after = (await it.get(`/labels/jobs/${body.job_id}`)).body;
    expect(after).toMatchObject({ state: "DONE", total: 130, done: 130, updated: 86, without_side: 44, failed: 0 });
    expect((await it.labels(12)).every(({ revision }) => revision === 1)).toBe(true);
    expect((await it.ask("POST", `/labels/jobs/${body.job_id}/cancel`)).status).toBe(409);
    // Anew, and so without any bars in memory.
    await it.crash();
    it.there.isAway = true;
    await it.wipe();
    const second = (await it.ask("POST", "/labels/backfill", { body: { horizon_h: 12 } })).body;
    await it.pass(60_000);
    expect((await it.get(`/labels/jobs/${second.job_id}`)).body).toMatchObject({
      state: "QUEUED",
      waiting_for: "the exchange is away",
    });
    expect((await it.ask("POST", `/labels/jobs/${second.job_id}/cancel`)).body).toMatchObject({ state: "CANCELED" });
    it.there.isAway = false;
    await it.pass(10_000);
    expect((await it.get("/labels/jobs")).body.items.map((job: { state: string }) => job.state)).toEqual([
      "CANCELED",
      "DONE",
    ]);
  });

  test("signals by name: what is unknown or not due yet is listed with why", async () => {
    it = await LabelWorld.open();
    const { signal: old } = await it.signal();
    await it.pass(12 * HOUR_MS + 5 * MINUTE_MS);
    const { signal: fresh } = await it.signal();
    await it.wipe();
    const signal_ids = [old.signal_id, fresh.signal_id, "nobody", old.signal_id];
    const { body } = await it.ask("POST", "/labels/backfill", { body: { horizon_h: 12, signal_ids } });
    await it.pass(5_000);
    const job = (await it.get(`/labels/jobs/${body.job_id}`)).body;
    expect(job).toMatchObject({ state: "DONE", total: 3, done: 3, updated: 1, failed: 2 });
    expect(job.errors.map((error: { signal_id: string; code: string }) => [error.signal_id, error.code])).toEqual(
      [
        ["nobody", "NOT_FOUND"],
        [fresh.signal_id, "NOT_DUE"],
      ].toSorted((a, b) => signal_ids.indexOf(a[0]!) - signal_ids.indexOf(b[0]!)),
    );
  });

  test("only research may ask for one; everybody reads; bad requests are refused by field", async () => {
    it = await LabelWorld.open();
    const body = { horizon_h: 12 };
    for (const role of ["viewer", "trader"] as const) {
      expect((await it.ask("POST", "/labels/backfill", { body, role })).status).toBe(403);
    }
    for (const role of ["researcher", "risk", "admin"] as const) {
      expect((await it.ask("POST", "/labels/backfill", { body, role })).status).toBe(202);
      await it.pass(1);
    }
    expect((await it.get("/labels", "viewer")).status).toBe(200);
    const refused = await it.ask("POST", "/labels/backfill", { body: { horizon_h: 13, from_ts: 5, to_ts: 4 } });
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, "horizon_h"]);
    expect((await it.get("/labels?horizon_h=48")).status).toBe(400);
    expect((await it.get("/labels/coverage?from_ts=0")).status).toBe(400);
    expect((await it.get("/labels/nobody")).status).toBe(404);
    expect((await it.get("/labels/jobs/nobody")).status).toBe(404);
  });
});

describe("reading", () => {
  test("lists by what labels are about, in pages; a signal's own; how they are spread", async () => {
    it = await LabelWorld.open();
    const firstDue = async (horizonH: number) =>
      (await it.get(`/labels/summary?horizon_h=${horizonH}`)).body.first_due_at;
    expect(await firstDue(12)).toBeUndefined();
    const started = it.clock.now();
    for (let at = 0; at < 6; at++) {
      await it.signal(at % 2 ? { account: { kill: true } } : { values: { obi_5: 0.95, regime: at === 0 ? 1 : 0 } });
      await it.pass(MINUTE_MS);
    }
    await it.pass(12 * HOUR_MS + DUE_MS);
    const list = async (query: string) => (await it.get(`/labels?horizon_h=12&${query}`)).body;
    expect((await list("")).items).toHaveLength(6);
    expect((await list("rule=no-lean")).items).toHaveLength(3);
    expect((await list("regime=EXTREME")).items).toHaveLength(1);
    expect((await list("reason=kill_switch&counterfactual=true")).items).toHaveLength(3);
    expect((await list("counterfactual=false")).items).toEqual([]);
    const page = await list("limit=4");
    expect(page.items).toHaveLength(4);
    expect((await list(`limit=4&cursor=${encodeURIComponent(page.next_cursor)}`)).items).toHaveLength(2);
    const { signal_id } = page.items[0];
    expect((await it.get(`/labels/${signal_id}`)).body.items).toHaveLength(1);
    expect([await firstDue(12), await firstDue(36)]).toEqual([undefined, started + 36 * HOUR_MS]);
    const summary = (await it.get("/labels/summary?horizon_h=12")).body;
    const row = (by: string, key: string) =>
      summary.items.find((each: { by: string; key: string }) => each.by === by && each.key === key);
    expect(row("all", "all")).toMatchObject({ count: 6, counterfactual: 6 });
    expect(row("rule", "no-lean")).toMatchObject({ count: 3 });
    expect(row("reason", "kill_switch")).toMatchObject({ count: 3 });
    expect(row("direction", "long")).toMatchObject({ count: 6 });
    expect(row("all", "all").histogram.reduce((a: number, b: number) => a + b)).toBe(6);
    expect((await it.get("/labels/summary?by=regime")).body.items.every((r: { by: string }) => r.by === "regime")).toBe(
      true,
    );
  });
});
