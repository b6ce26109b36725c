import { expect, test } from "bun:test";
import { drawnEdges, NODE, PLACES, VIEW } from "./topology-shape.ts";

const edge = (from: string, to: string, per_minute: number) => ({
  ...{ from, to, per_minute, count: 1, errors_per_minute: 0, mean_ms: 1, p95_ms: 2, planned: true, last_ts: 0 },
});

test("all twelve have a place of their own inside the picture", () => {
  expect(PLACES.size).toBe(12);
  const seen = new Set([...PLACES.values()].map(({ x, y }) => `${x},${y}`));
  expect(seen.size).toBe(12);
  for (const { x, y } of PLACES.values()) {
    expect(x - NODE.width / 2).toBeGreaterThan(0);
    expect(x + NODE.width / 2).toBeLessThan(VIEW.width);
    expect(y + NODE.height / 2).toBeLessThan(VIEW.height);
  }
});

test("the busiest edge is the widest, both ways run apart, the unknown is left out", () => {
  const drawn = drawnEdges([edge("s03", "s04", 600), edge("s04", "s03", 1), edge("s03", "s99", 5)]);
  expect(drawn.map(({ edge: { from } }) => from)).toEqual(["s03", "s04"]);
  expect(drawn[0]!.width).toBe(4);
  expect(drawn[1]!.width).toBeLessThan(2);
  expect(drawn[0]!.path).not.toBe(drawn[1]!.path);
});
