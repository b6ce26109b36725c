import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";
import { mergeMetrics, withLabel } from "./metrics-text.ts";

async function textOf(index: number, count: number): Promise<string> {
  const metrics = createMetrics("s04", { index, count });
  metrics.counter("orders_total", "Orders", ["side"]).inc({ side: 'a "b" {c}' });
  metrics.gauge("open", "Open").set(index);
  return metrics.text();
}

test("shards of one process are one text: each metric's head once, each shard's series by its label", async () => {
  const text = mergeMetrics([await textOf(0, 2), await textOf(1, 2)]);
  expect(text.split("\n").filter((line) => line === "# TYPE chimera_open gauge")).toHaveLength(1);
  expect(text).toContain('chimera_open{service="s04",shard="0"} 0');
  expect(text).toContain('chimera_open{service="s04",shard="1"} 1');
  expect(text.split("\n").filter((line) => line.startsWith("chimera_orders_total{"))).toHaveLength(2);
});

test("a series that several tell, each a moment later, is told once", () => {
  const of = (value: number) => `# TYPE cpu counter\ncpu{mode="a b"} ${value}\ncpu ${value}\n`;
  expect(mergeMetrics([of(1), of(2)])).toBe(of(1));
});

test("what is not split has no shard to name", async () => {
  expect(await textOf(0, 1)).not.toContain("shard=");
});

test("a label is added to series with and without labels, whatever these hold", async () => {
  const text = withLabel(`${await textOf(0, 1)}plain 5\n`, "replica", "1");
  expect(text).toContain('chimera_open{service="s04",replica="1"} 0');
  expect(text).toContain(String.raw`side="a \"b\" {c}",service="s04",replica="1"} 1`);
  expect(text).toContain('plain{replica="1"} 5');
  expect(text).toContain("# TYPE chimera_open gauge");
});
