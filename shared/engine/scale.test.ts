import { expect, test } from "bun:test";
import fc from "fast-check";
import { dec, fromSteps, show, toSteps } from "../domain/money.ts";
import { Scale, showBetween } from "./scale.ts";

test.each([
  ["0.10", "61800.20", 618002],
  ["0.1", "61800", 618000],
  ["0.01", "2683.81000000", 268381],
  ["0.05", "1.15", 23],
  ["1", "25", 25],
  ["10", "250.0", 25],
  ["0.001", ".5", 500],
  ["0.001", "0.000", 0],
  ["0.00001", "19.17279000", 1917279],
])("step %s reads %s as %d", (step, text, steps) => {
  expect(new Scale(step).read(text)).toBe(steps);
});

test.each(["NaN", "", ".", "-1", "+1", "1e3", "1.2.3", "61800.25", " 1", "Infinity", "99999999999999999999", "0x10"])(
  "refuses %p with NaN",
  (text) => {
    expect(new Scale("0.1").read(text)).toBeNaN();
  },
);

test("what is not text at all is NaN too", () => {
  expect(new Scale("0.1").read(undefined as unknown as string)).toBeNaN();
  expect(new Scale("0.1").read(5 as unknown as string)).toBeNaN();
});

test("cuts to whole steps where asked, and still refuses what is no number", () => {
  expect(new Scale("0.00001").readDown("25.42618900")).toBe(2542618);
  expect(new Scale("0.00001").readDown("0.00000999")).toBe(0);
  expect(new Scale("0.05").readDown("1.19")).toBe(23);
  expect(new Scale("0.00001").readDown("25.4261x900")).toBeNaN();
  expect(new Scale("1").readDown(".5")).toBeNaN();
});

test("agrees with exact money both ways", () => {
  const steps = fc.constantFrom("0.1", "0.01", "0.00001", "0.05", "0.25", "1", "5", "0.0000001");
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 1e9 }), (step, count) => {
      const scale = new Scale(step);
      const text = show(fromSteps(count, dec(step)));
      expect(scale.read(text)).toBe(count);
      expect(scale.read(scale.show(count))).toBe(count);
      expect(toSteps(dec(scale.show(count)), dec(step))).toBe(count);
    }),
    { seed: 1 },
  );
});

test("prints as many decimals as the exchange does", () => {
  expect(new Scale("0.10", 2).show(618002)).toBe("61800.20");
  expect(new Scale("0.00001", 8).show(1917279)).toBe("19.17279000");
  expect(new Scale("1").show(7)).toBe("7");
  expect(() => new Scale("0.1").show(-1)).toThrow("Invariant");
  expect(() => new Scale("0")).toThrow("above zero");
});

test("prints a mid between two ticks", () => {
  expect(showBetween(618002.5, "0.10")).toBe("61800.25");
  expect(showBetween(268381, "0.01")).toBe("2683.81");
});
