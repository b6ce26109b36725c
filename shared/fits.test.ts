import { describe, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import fc from "fast-check";
import { PlaceRequest, SubmitOco, SubmitOrder } from "./contracts.ts";
import { OrderAnswer } from "./domain/order.ts";
import { fits } from "./fits.ts";

const intent = {
  ...{ intent_id: "s1:entry", account: "main", instrument: "FUT:BTCUSDT", kind: "ENTRY", side: "BUY", qty: "0.006" },
  ...{ type: "MARKET", working_type: "MARK_PRICE", reduce_only: false, leverage: 20, margin: "ISOLATED" },
  exec: { policy: "OCO", oco: { take_profit: "61000.1", stop: "59000" } },
  ...{ stop_loss: { price: "59000" }, take_profit: { price: "61000.1" }, valid_until: 1_700_000_000_500.25 },
  ...{ signal_id: "s1", strategy_id: "lean", config_rev: 3, tags: ["a"] },
};
const decision = {
  ...{ signal_id: "s1", account: "main", strategy_id: "lean", instrument: "FUT:BTCUSDT", intents: [intent] },
  decision: { action: "open", side: "BUY", size_mult: 1, tp_mult: 1, sl_mult: 0.8, reason: "open" },
  rules: [{ rule_id: "r", fired: null, effect: "size × 2" }],
  guards: [
    { name: "kill_switch", passed: true, value: false, limit: false },
    { name: "spread_bps", passed: true, value: null, limit: 3 },
    { name: "bus", passed: true, value: "available", limit: "available" },
  ],
  ...{ features: { mid: 60_000.05, obi_5: null }, config_rev: 3, ts: 1_700_000_000_000 },
  health: { level: "GREEN", effects: [] },
};
const submit = {
  ...{ account: "main", instrument: "FUT:BTCUSDT", client_order_id: "ab12-cd", side: "SELL", type: "LIMIT" },
  ...{ qty: "1", price: "59000.1", time_in_force: "GTC", reduce_only: true, entry: false, leverage: 20 },
};
const pair = {
  ...{ account: "main", instrument: "SPOT:BTCUSDT", list_client_order_id: "l", side: "SELL", qty: "0.1" },
  ...{ take_profit_client_order_id: "t", take_profit_price: "61000", stop_client_order_id: "s" },
  ...{ stop_price: "59000", stop_limit_price: "58900.5" },
};
const answer = {
  ...{ intent_id: "s1:entry", status: "WORKING", order_ids: ["7"], client_order_ids: ["ab12-cd"], filled_qty: "0" },
  ...{ fills: [], protection: { guard_armed: false } },
};
const Odd = z.object({
  either: z.union([z.object({ a: z.number() }), z.object({ a: z.number(), b: z.number() })]).optional(),
  trimmed: z.string().trim().optional(),
  number: z.coerce.number().optional(),
  strict: z.strictObject({ a: z.number() }).optional(),
  loose: z.looseObject({ a: z.number() }).optional(),
  email: z.email().optional(),
  short: z.array(z.boolean()).min(1).max(2).optional(),
  open: z.number().gt(0).lt(1).optional(),
  fallback: z.string().catch("x").optional(),
});
const odd = { short: [true], open: 0.5 };

const CASES: [name: string, schema: z.ZodType, value: unknown, isTaken: boolean][] = [
  ["a request to place an order", PlaceRequest, { intent, decision }, true],
  ["an order to submit", SubmitOrder, submit, true],
  ["a pair to submit", SubmitOco, pair, true],
  ["an answer to an intent", OrderAnswer, answer, true],
  ["oddities", Odd, odd, true],
];

/** Of shapes that no contract has today, what their parsing refuses or answers differently. */
const TRAPS: [name: string, schema: z.ZodType, value: unknown][] = [
  ["lengths count code points, not UTF-16 units", z.string().min(2), "😀"],
  ["a default of what may be left out", z.string().optional().default("x"), undefined],
  ["the same in an object", z.object({ a: z.string().optional().default("x") }), {}],
  ["what may be left out and has a default", z.object({ a: z.string().default("x").optional() }), {}],
  ["the same a level down", z.object({ a: z.string().default("x").nullable().optional() }), {}],
  ["a default behind what alters it", z.object({ a: z.preprocess(String, z.string()).default("x").optional() }), {}],
  ["a default within a union", z.object({ a: z.union([z.number(), z.string().default("x")]).optional() }), {}],
  ["what may be absent but not undefined", z.object({ a: z.string().exactOptional() }), { a: undefined }],
  ["undefined as a literal, absent", z.object({ a: z.literal(undefined) }), {}],
  ["a union whose first trims", z.union([z.string().trim(), z.string()]), " x"],
  ["a union whose first lowers", z.union([z.string().toLowerCase(), z.literal("X")]), "X"],
  ["a union whose first makes numbers", z.union([z.coerce.number(), z.string()]), "5"],
  ["a union whose first writes addresses anew", z.union([z.url({ normalize: true }), z.string()]), "HTTP://a.b"],
  ["one of two, and both do", z.xor([z.string(), z.literal("a")]), "a"],
  [
    "a name of an enum that is one of its numbers' back",
    z.enum({ A: 0, 0: "A" } as unknown as Record<string, number>),
    "A",
  ],
];
interface Tree {
  readonly of: readonly Tree[];
}
const Tree: z.ZodType<Tree> = z.object({
  get of() {
    return z.array(Tree);
  },
});

/** Every place in a value, as the keys that lead there. */
const placesIn = (value: unknown): string[][] =>
  typeof value === "object" && value !== null
    ? [[], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner).map((rest) => [key, ...rest]))]
    : [[]];

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

class Box {
  readonly a = 1;
}
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    "",
    "0",
    "-1",
    "+1.50",
    "1e3",
    ".5",
  ),
  fc.constantFrom<unknown>(new Box(), new Date(0), { a: 1 }, { a: 1, b: 2 }, JSON.parse('{"__proto__":1}'), [], [1]),
  fc.constantFrom<unknown>("BUY", "FUT:BTCUSDT", "main", "x".repeat(200), 2 ** 53, 1.5, 0, 126, 2n, true, () => 1),
  fc.anything(),
);

describe("what fits a schema as it stands", () => {
  test.each(CASES)("%s is what parsing makes of it, or is parsed", (_name, schema, value, isTaken) => {
    expect(fits(schema, value)).toBe(isTaken);
    if (isTaken) expect(schema.parse(value)).toStrictEqual(value);
  });

  test.each(TRAPS)("%s is parsed", (_name, schema, value) => {
    const parsed = schema.safeParse(value);
    expect(parsed.success && Bun.deepEquals(parsed.data, value, true)).toBe(false);
    expect(fits(schema, value)).toBe(false);
  });

  test("a shape may hold itself", () => {
    expect(fits(Tree, { of: [{ of: [] }, { of: [{ of: [] }] }] })).toBe(true);
    expect(fits(Tree, { of: [{ of: [] }, { of: [{ of: [1] }] }] })).toBe(false);
  });

  test.each(CASES)("property: %s, altered anywhere, is taken only if parsing would answer its equal", (...given) => {
    const [, schema, value] = given;
    const place = fc.constantFrom(...placesIn(value));
    const added = fc.option(fc.constantFrom("account", "zzz", ...Object.keys(Odd.shape)), { nil: undefined });
    let taken = 0;
    fc.assert(
      fc.property(place, added, anything, (at, more, by) => {
        const altered = replaced(value, more === undefined ? at : [...at, more], by);
        if (!fits(schema, altered)) return;
        taken++;
        const parsed = schema.safeParse(altered);
        expect(parsed.success).toBe(true);
        expect(parsed.data).toStrictEqual(altered as never);
      }),
      { seed: 5, numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});
