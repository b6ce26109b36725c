/** What both arms did, from real stores: each record once, those that come late too, and the same after a restart. */
import { beforeEach, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { labels12h, labels24h } from "../../shared/collections/labels.ts";
import { models } from "../../shared/collections/models.ts";
import { intents } from "../../shared/collections/orders.ts";
import { decisionOutcomes, decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { type Bundle, Bundle as BundleShape } from "../../shared/domain/bundle.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { Evidence } from "./promotion-evidence.ts";
import { Desk, HOUR_MS } from "./promotions.fixture.ts";

const BTC = { instrument: "FUT:BTCUSDT" };
const OF = { promotion_id: "p1", mode: "CANARY", from_rev: 1, rev: 2, created_at: 0 } as const;
const none = async (): Promise<Bundle[]> => [];
let desk: Desk;
let evidence: Evidence;
let now: number;

beforeEach(() => {
  desk = new Desk();
  now = desk.clock.now();
  evidence = new Evidence(desk.store("s10"), { ...OF, created_at: now, since: now });
});

const canaryOf = async (from = evidence) => {
  await from.read(none);
  return from.figures().canary;
};
const marked = (signal_id: string, promotion_id = "p1", name = "CANARY") => ({
  ...{ ...BTC, signal_id, ts: now, config_rev: 2, arm: { promotion_id, name } },
});
const decision = (signal_id: string, more: object = {}): Op =>
  put(decisionsMade, { ...marked(signal_id), decision: { action: "open" }, ...more } as never);
const entry = (intent_id: string, state: string, filled_qty: string): Op =>
  put(intents, {
    ...{ ...BTC, intent_id, state, created_at: now, answer: { filled_qty } },
    intent: { kind: "ENTRY", config_rev: 2 },
  } as never);

test("signals and decisions count for the arm that they are marked with, and for no other promotion", async () => {
  await desk
    .store("s02")
    .commit([
      put(signalsSeen, marked("a") as never),
      put(signalsSeen, marked("b", "p0") as never),
      put(signalsSeen, marked("c", "p1", "STABLE") as never),
      put(signalsSeen, { ...marked("d"), arm: undefined } as never),
    ]);
  await desk.store("s03").commit([decision("a"), decision("b", { arm: { promotion_id: "p0", name: "CANARY" } })]);
  for (let look = 0; look < 3; look++) expect(await canaryOf()).toMatchObject({ signals: 1, decisions: 1, opened: 1 });
  expect(evidence.figures().stable).toMatchObject({ signals: 1, decisions: 0 });
});

test("an entry counts when its end is known; one that the router did not take counts as come to nothing, unless nobody could trade", async () => {
  await desk
    .store("s03")
    .commit(
      [["x", "RULE"] as const, ["killed", "KILL_SWITCH"] as const, ["broken", "UNAVAILABLE"] as const].flatMap(
        ([signal_id, code]) => [
          decision(signal_id),
          put(decisionOutcomes, { ...BTC, signal_id, intent_id: signal_id, code, ts: now } as never),
        ],
      ),
    );
  await desk.store("s04").commit([entry("e1", "RUNNING", "0"), entry("e2", "DONE", "0.1"), entry("e3", "DONE", "0")]);
  expect(await canaryOf()).toMatchObject({ entries: 3, rejected: 2 });
  await desk.store("s04").commit([entry("e1", "DONE", "0.5")]);
  expect(await canaryOf()).toMatchObject({ entries: 4, rejected: 2, reject_rate: 0.5 });
  expect(await canaryOf()).toMatchObject({ entries: 4 });
});

test("trades of before are nobody's; one whose end is told late counts all the same", async () => {
  const trade = (trade_id: string, at: { opened_at: number; closed_at?: number }, status = "CLOSED"): Op =>
    put(trades, { ...BTC, trade_id, status, config_rev: 2, pnl_usdt: "1", margin_usdt: "20", ...at } as never);
  const later = now + 5 * HOUR_MS;
  await desk
    .store("s06")
    .commit([
      trade("before", { opened_at: now - 1, closed_at: now + 1 }),
      trade("late", { opened_at: now + 2, closed_at: later }),
      trade("open", { opened_at: now + 3 }, "ACTIVE"),
    ]);
  expect(await canaryOf()).toMatchObject({ trades_closed: 1, trades_open: 1, pnl_usdt: "1" });
  await desk.store("s06").commit([trade("told late", { opened_at: now + 2, closed_at: later - 4 * HOUR_MS })]);
  expect(await canaryOf()).toMatchObject({ trades_closed: 2, pnl_usdt: "2" });
});

test("labels are those of the model's own horizon, beside what the model said", async () => {
  const hash = "a".repeat(64);
  const bundle = { strategies: [{ model: { model_id: "m", hash } }] } as unknown as Bundle;
  await desk.store("s09").commit([put(models, { model_id: "m", hash, label_horizon: 24, created_at: 1 } as never)]);
  const said = (p: number | null) => ({ model: { model_id: "m", hash, p } });
  await desk
    .store("s03")
    .commit([decision("up", said(0.9)), decision("down", said(0.2)), decision("mute", said(null))]);
  const label = (signal_id: string, found: string, horizon_h: number) =>
    ({ ...BTC, signal_id, horizon_h, class: found, ts: now, config_rev: 2 }) as never;
  await desk
    .store("s07")
    .commit([
      ...["up", "down", "mute"].map((id) => put(labels12h, label(id, "pos", 12))),
      ...["up", "down", "mute"].map((id) => put(labels24h, label(id, id === "up" ? "pos" : "neg", 24))),
    ]);
  await evidence.read(async () => [bundle]);
  const { labels, auc, brier } = evidence.figures().canary;
  expect({ labels, auc, brier }).toEqual({ labels: 2, auc: 1, brier: expect.closeTo((0.01 + 0.04) / 2, 12) });
});

test("a look reads only so much, says when there is more, and a restart comes to the same", async () => {
  const all = Array.from({ length: 6_000 }, (_, at) => ({ ...marked(`s${at}`), ts: now + at * 10 }));
  await desk.store("s02").commit(all.map((one) => put(signalsSeen, one as never)));
  expect(await evidence.read(none)).toBe(false);
  expect(evidence.figures().canary.signals).toBe(5_000);
  expect(await evidence.read(none)).toBe(true);
  expect(evidence.figures().canary.signals).toBe(6_000);
  await desk.store("s02").commit([put(signalsSeen, { ...marked("late"), ts: now + 59_000 } as never)]);
  expect((await canaryOf()).signals).toBe(6_001);
  const again = new Evidence(desk.store("s10"), { ...OF, created_at: now, since: now });
  while (!(await again.read(none)));
  expect(again.figures()).toEqual(evidence.figures());
});

test("what took place is not ended before all of it has been read", async () => {
  await desk.open();
  await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
  await desk.pass(1_000);
  const { promotion_id } = await desk.only();
  const all = Array.from({ length: 6_000 }, (_, at) => ({ ...marked(`s${at}`, promotion_id), ts: now + at }));
  await desk.store("s02").commit(all.map((one) => put(signalsSeen, one as never)));
  await desk.pass(24 * HOUR_MS);
  expect((await desk.only()).status).toBe("ACTIVE");
  await desk.pass(10_000);
  expect(await desk.only()).toMatchObject({ status: "DONE", canary: { signals: 6_000 } });
});

test("what was judged is judged again only when there is more to judge by, or by other limits", async () => {
  const { promotion } = BundleShape.shape.flags.parse({});
  const first = evidence.judged(promotion);
  expect(evidence.judged(promotion)).toBe(first);
  const trade = { ...BTC, trade_id: "t", status: "CLOSED", config_rev: 2, pnl_usdt: "-26", margin_usdt: "20" };
  await desk.store("s06").commit([put(trades, { ...trade, opened_at: now, closed_at: now } as never)]);
  await evidence.read(none);
  const states = (limits = promotion) => evidence.judged(limits).map(({ state }) => state);
  expect(states()[0]).toBe("BREACHED");
  expect(states({ ...promotion, drawdown_usdt_max: "30" })[0]).toBe("OK");
});

test("after a restart nobody is judged by half of what there is, but for money that is lost", async () => {
  await desk.open();
  await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
  await desk.pass(1_000);
  const arm = { promotion_id: (await desk.only()).promotion_id, name: "CANARY" };
  const refused = Array.from({ length: 1_300 }, (_, at) => `r${at}`);
  const about = (signal_id: string) => ({ ...BTC, signal_id, intent_id: signal_id, code: "RULE", ts: now });
  await desk.store("s03").commit(refused.map((id) => decision(id, { arm })));
  await desk.store("s03").commit(refused.map((id) => put(decisionOutcomes, about(id) as never)));
  await desk.store("s04").commit(Array.from({ length: 6_000 }, (_, at) => entry(`e${at}`, "DONE", "1")));
  await desk.pass(10_000);
  // 1 300 of the first 6 300 are more than a fifth, of all 7 300 they are not.
  expect(await desk.only()).toMatchObject({ status: "ACTIVE", canary: { rejected: 1_300, entries: 6_300 } });
  await desk.pass(10_000);
  expect(await desk.only()).toMatchObject({ status: "ACTIVE", canary: { rejected: 1_300, entries: 7_300 } });

  await desk.open();
  await desk.trades(2, [-26]);
  await desk.look();
  expect((await desk.only()).status).toBe("ROLLED_BACK");
});
