import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { Bundle } from "../../../../shared/domain/bundle.ts";
import shipped from "../../../s10-config/default-bundle.yaml" with { type: "text" };
import { pathsOf, suggested, valuesAround } from "./bundle-paths.ts";

const paths = pathsOf(Bundle.parse(parse(shipped as unknown as string)));
const names = paths.map(({ path }) => path);

describe("places of a bundle that can be turned", () => {
  test("each is named once, by ids where a list has them", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("strategies.book-pressure.position.break_even_roe");
    expect(names).toContain("flags.risk.budget_usdt");
    expect(names).toContain("factors.rsi_14_5s");
    expect(names.some((path) => /^rules\.[a-z-]+\.when\./.test(path))).toBe(true);
  });
  test("names, titles and what trades nothing are left out", () => {
    expect(names.filter((path) => /title|strategy_id|^flags\.treasury|^instruments|bundle_id/.test(path))).toEqual([]);
  });
  test("words find paths in any order", () => {
    const found = suggested(paths, "roe book-pressure", 20).map(({ path }) => path);
    expect(found).toContain("strategies.book-pressure.position.break_even_roe");
    expect(found.every((path) => path.includes("roe") && path.includes("book-pressure"))).toBe(true);
    expect(suggested(paths, "", 5)).toHaveLength(5);
    expect(suggested(paths, "no such thing", 5)).toEqual([]);
  });
});

test("values to begin with lie around what stands there", () => {
  expect(valuesAround(0.04)).toBe("0.02, 0.03, 0.04, 0.05, 0.06");
  expect(valuesAround(20)).toBe("10, 15, 20, 25, 30");
  expect(valuesAround(true)).toBe("true, false");
  expect(valuesAround("50")).toBe('"25", "38", "50", "63", "75"');
  expect(valuesAround("DOWN")).toBe("DOWN");
  expect(valuesAround(0)).toBe("-1, 0, 1");
});
