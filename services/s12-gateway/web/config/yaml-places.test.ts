import { describe, expect, test } from "bun:test";
import { asScalar, keySpan, mapAt, pathAt, pathText, readPath, readYaml, valueSpan } from "./yaml-places.ts";

const TEXT = `format: 1
bundle_id: my-own
strategies:
  - strategy_id: one
    long: { f: rsi_14_1m, op: "<", v: 30 }
    sizing:
      leverage: 20
      margin_usdt: "20"
rules: []
`;
const yaml = readYaml(TEXT);
const textOf = ({ from, to }: { from: number; to: number }) => TEXT.slice(from, to);

describe("places in the text", () => {
  test("paths are read as the lint writes them", () => {
    expect(readPath("rules[3].when.allOf[0].f")).toEqual(["rules", 3, "when", "allOf", 0, "f"]);
    for (const path of ["", "rules", "rules[3]", "a[0][1].b"]) expect(pathText(readPath(path))).toBe(path);
  });
  test("a single value is found as it stands, a key by its name", () => {
    expect(textOf(valueSpan(yaml, "strategies[0].long.v"))).toBe("30");
    expect(textOf(valueSpan(yaml, "strategies[0].long.op"))).toBe('"<"');
    expect(textOf(keySpan(yaml, "strategies[0].long.v"))).toBe("v");
    expect(textOf(valueSpan(yaml, "strategies[0].sizing"))).toBe("sizing");
    expect(textOf(keySpan(yaml, "strategies[0]"))).toBe("strategy_id: one");
  });
  test("what is missing is shown at what should hold it", () => {
    expect(textOf(valueSpan(yaml, "strategies[0].sizing.atr"))).toBe("sizing");
    expect(textOf(valueSpan(yaml, "strategies[4].long"))).toBe("strategies");
    expect(textOf(valueSpan(readYaml(""), "format"))).toBe("f");
  });
  test("the path under the caret is that of the deepest thing there", () => {
    const at = (what: string) => pathText(pathAt(yaml, TEXT.indexOf(what) + 1));
    expect(at("rsi_14")).toBe("strategies[0].long.f");
    expect(at("leverage")).toBe("strategies[0].sizing.leverage");
    expect(at("bundle_id")).toBe("bundle_id");
    expect(at("rules")).toBe("rules");
  });
  test("a map tells its keys, and where another would come", () => {
    const sizing = mapAt(yaml, ["strategies", 0, "sizing"])!;
    expect(sizing.keys).toEqual(["leverage", "margin_usdt"]);
    expect(TEXT.slice(0, sizing.insertAt)).toEndWith('margin_usdt: "20"');
    expect(sizing.indent).toBe("      ");
    expect(mapAt(yaml, ["strategies", 0, "long"])).toBeUndefined();
    expect(mapAt(yaml, ["rules"])).toBeUndefined();
  });
  test("text that is no YAML says where", () => {
    const broken = readYaml("a: 1\nb: [1, 2\nc: 3\n");
    expect(broken.faults.length).toBeGreaterThan(0);
    expect(broken.faults[0]!.from).toBeGreaterThan(4);
    expect(readYaml("a: 1\na: 2\n").faults[0]!.message).toContain("unique");
  });
  test("a suggestion is quoted as what it replaces", () => {
    expect(asScalar("atr_14_1m", "atr_14")).toBe("atr_14_1m");
    expect(asScalar("FUT:BTCUSDT", "FUT:BTC")).toBe('"FUT:BTCUSDT"');
    expect(asScalar("atr_14_1m", '"atr_14"')).toBe('"atr_14_1m"');
    expect(asScalar("it's", "'x'")).toBe("'it''s'");
  });
});
