import { expect, test } from "bun:test";
import { bestOf, RUN_FIGURES } from "./run-figures.tsx";
import { aSummary } from "./samples.ts";

const spec = (id: string) => RUN_FIGURES.find((each) => each.id === id)!;
const run = (key: string, change: Parameters<typeof aSummary>[0]) => ({ key, head: key, summary: aSummary(change) });

test("the best of several runs is the highest, or of costs and falls the lowest", () => {
  const runs = [run("a", { net_usdt: "9.5", max_drawdown: 0.2 }), run("b", { net_usdt: "10.5", max_drawdown: 0.3 })];
  expect(bestOf(spec("net_usdt"), runs)).toBe("b");
  expect(bestOf(spec("max_drawdown"), runs)).toBe("a");
  const apart = { ...run("c", { net_usdt: "99" }), isApart: true };
  expect(bestOf(spec("net_usdt"), [...runs, apart])).toBe("b");
});
test("none stands out where all are equal, only one is told, or neither end is better", () => {
  const runs = [run("a", { trades: 1, sharpe: null }), run("b", { trades: 9, sharpe: 1 })];
  expect(["net_usdt", "sharpe", "trades"].map((id) => bestOf(spec(id), runs))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
