import { expect, test } from "bun:test";
import { FineScale } from "./fine-scale.ts";

const rows: [string, string, string][] = [
  ["0.00001", "25.42618900", "25.42618900"],
  ["0.00001", "25.42618000", "25.42618"],
  ["0.10", "61800.20", "61800.2"],
  ["0.10", "61800.25", "61800.2500"],
  ["0.10", "61800.25007", "61800.2500"],
  ["1", "1000000000000", "1000000000000"],
  ["0.05", "0.15", "0.15"],
  ["10", "120", "120"],
  ["0.00000001", "0.00001234", "0.00001234"],
];
test.each(rows)("step %s: %s is shown as %s", (step, text, shown) => {
  const scale = new FineScale(step);
  expect(scale.show(scale.read(text))).toBe(shown);
});

test.each(["NaN", "-1", "1e5", "", "1.2.3", "99999999999999999999"])("no amount: %s", (text) => {
  expect(new FineScale("0.1").read(text)).toBeNaN();
});
