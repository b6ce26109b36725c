/** Rules counted over time, from decisions in a real store. */
import { describe, expect, test } from "bun:test";
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { Problem } from "../../shared/errors.ts";
import { NOON } from "../../shared/trading/decision/decision.fixture.ts";
import { engineWith, write } from "./strategy.fixture.ts";
import { RuleHitsRequest } from "./types.ts";

const HOUR = 3_600_000;
const made = (
  id: number,
  ts: number,
  fired: Record<string, boolean | null>,
  change: Partial<Decision> = {},
): Decision => ({
  ...{ signal_id: `signal-${id}`, account: "main", strategy_id: "lean", instrument: "FUT:BTCUSDT" },
  decision: { action: "skip", size_mult: 1, tp_mult: 1, sl_mult: 1, reason: "no_entry" },
  ...{ intents: [], guards: [], features: {}, config_rev: 7, ts },
  rules: Object.entries(fired).map(([rule_id, is]) => ({ rule_id, fired: is, effect: "nothing" })),
  ...change,
});
const ask = (request: object = {}) => RuleHitsRequest.parse(request);

async function countedWith(decisions: Decision[]) {
  const engine = await engineWith();
  for (const decision of decisions) await write(engine.stores, decisionsMade, decision);
  return { ...engine, hits: (request: object) => engine.inquiries.ruleHits(ask(request)) };
}

describe("rule hits", () => {
  test("count what fired, what did not and what could not be told, by bucket, oldest first", async () => {
    const { hits } = await countedWith([
      made(1, NOON - 2 * HOUR, { calm: true, wide: false }),
      made(2, NOON - 2 * HOUR + 1, { calm: true, wide: null }),
      made(3, NOON - HOUR - 1, { calm: false }),
      made(4, NOON - HOUR, { calm: true }),
      made(5, NOON - 30 * HOUR, { calm: true }),
    ]);
    const answer = await hits({});
    expect(answer).toEqual({
      ...{ from_ts: NOON - 23 * HOUR, to_ts: NOON, bucket_ms: HOUR, decisions: 4, is_part: false },
      items: [
        { rule_id: "calm", ts: NOON - 2 * HOUR, fired: 2, unfired: 1, unknown: 0 },
        { rule_id: "wide", ts: NOON - 2 * HOUR, fired: 0, unfired: 1, unknown: 1 },
        { rule_id: "calm", ts: NOON - HOUR, fired: 1, unfired: 0, unknown: 0 },
      ],
    });
    const days = await hits({ bucket: "1d" });
    expect(days.items.map(({ rule_id, ts, fired }) => [rule_id, ts, fired])).toEqual([
      ["calm", NOON - 36 * HOUR, 1],
      ["calm", NOON - 12 * HOUR, 3],
      ["wide", NOON - 12 * HOUR, 0],
    ]);
  });

  test("are of one instrument, strategy and period where asked", async () => {
    const { hits } = await countedWith([
      made(1, NOON - 5, { calm: true }),
      made(2, NOON - 4, { calm: true }, { instrument: "SPOT:BTCUSDT" }),
      made(3, NOON - 3, { calm: true }, { strategy_id: "other" }),
    ]);
    const fired = async (request: object) => (await hits(request)).items.reduce((sum, each) => sum + each.fired, 0);
    expect(await fired({})).toBe(3);
    expect(await fired({ instrument: "SPOT:BTCUSDT" })).toBe(1);
    expect(await fired({ strategy_id: "lean" })).toBe(2);
    expect(await fired({ from_ts: NOON - 4, to_ts: NOON - 3 })).toBe(2);
    expect(await fired({ strategy_id: "gone" })).toBe(0);
  });

  test("of more buckets than a picture can show are refused", async () => {
    const { hits } = await countedWith([]);
    const asked = hits({ bucket: "5m", from_ts: NOON - 34 * HOUR });
    expect(await asked.catch((error: unknown) => error instanceof Problem && error.code)).toBe("INVALID");
    expect((await hits({ bucket: "5m", from_ts: NOON - 33 * HOUR })).items).toEqual([]);
  });

  test.each([{ bucket: "1m" }, { bucket: "" }, { instrument: "btc" }, { from_ts: 2, to_ts: 1 }])(
    "do not take %p",
    (request) => {
      expect(RuleHitsRequest.safeParse(request).success).toBe(false);
    },
  );
});
