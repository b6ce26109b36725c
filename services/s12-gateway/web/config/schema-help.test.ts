import { describe, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { Bundle } from "../../../../shared/domain/bundle.ts";
import { helpAt } from "./schema-help.ts";

/** As the config service hands it out. */
const schema = z.toJSONSchema(Bundle, { io: "input", unrepresentable: "any" }) as Record<string, unknown>;
const keysAt = (...path: (string | number)[]) => helpAt(schema, path)?.keys.map(({ key }) => key) ?? [];

describe("help from the bundle's schema", () => {
  test("a map tells its keys, and which must be there", () => {
    expect(keysAt()).toContain("strategies");
    expect(helpAt(schema, [])?.keys.find(({ key }) => key === "factors")?.required).toBe(true);
    expect(helpAt(schema, [])?.keys.find(({ key }) => key === "rules")?.required).toBe(false);
    expect(keysAt("flags", "risk")).toContain("budget_usdt");
    expect(helpAt(schema, ["flags", "risk"])?.keys.find(({ key }) => key === "entries_per_market_max")?.standard).toBe(
      3,
    );
  });
  test("a value tells its kind, limits and what counts without it", () => {
    const leverage = helpAt(schema, ["strategies", 0, "sizing", "leverage"])!;
    expect(leverage.kinds).toEqual(["integer"]);
    expect(leverage.limits).toEqual(["≥ 1", "≤ 125"]);
    expect(helpAt(schema, ["flags", "promotion", "trades_min"])?.standard).toBe(20);
    expect(helpAt(schema, ["flags", "promotion", "trades_min"])?.limits).toEqual(["≥ 1"]);
  });
  test("alternatives are told together: conditions however deep, both kinds of triggers", () => {
    expect(keysAt("strategies", 0, "long")).toEqual(["f", "op", "v", "vf", "allOf", "anyOf", "not"]);
    expect(keysAt("rules", 4, "when", "allOf", 2, "not")).toContain("op");
    expect(helpAt(schema, ["rules", 0, "when", "op"])?.choices).toContain("notIn");
    expect(keysAt("strategies", 0, "triggers", 0)).toEqual(
      expect.arrayContaining(["kind", "timeframe", "cooldown_ms", "factor", "level", "direction"]),
    );
  });
  test("what stands there tells which alternative is meant; what only one of them needs is not needed", () => {
    const path = ["strategies", 0, "triggers", 0];
    const bars = { strategies: [{ triggers: [{ kind: "bar" }] }] };
    expect(helpAt(schema, path, bars)?.keys.map(({ key }) => key)).toEqual(["kind", "timeframe", "cooldown_ms"]);
    const required = (document?: unknown) =>
      helpAt(schema, path, document)?.keys.flatMap((help) => (help.required ? help.key : []));
    expect(required()).toEqual(["kind"]);
    expect(required(bars)).toEqual(["kind", "timeframe"]);
    expect(required({ strategies: [{ triggers: [{ kind: "none" }] }] })).toEqual(["kind"]);
  });
  test("what is no place has no help", () => {
    expect(helpAt(schema, ["nothing"])).toBeUndefined();
    expect(helpAt(schema, ["factors", "mid"])).toBeUndefined();
  });
});
