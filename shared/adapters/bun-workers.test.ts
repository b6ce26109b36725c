/** Workers as threads: the contract, and what only threads can do: die, and let memory go. */
import { expect, test } from "bun:test";
import { workersContract } from "../testing/workers.contract.ts";
import { adding } from "../testing/workers-tasks.ts";
import { bunWorkers } from "./bun-workers.ts";

workersContract("Bun", () => ({ workers: bunWorkers(), finish: (work) => work, isBeside: true }));

const memory = () => new Int32Array(new SharedArrayBuffer(4));

test("a thread that dies fails its own run alone, and another takes its place", async () => {
  const crew = bunWorkers().open(adding, { base: 0, memory: memory() }, 2);
  const all = [1, 2, 3, 4].map((value) => crew.run({ what: value === 2 ? "die" : "add", value }));
  const ended = await Promise.allSettled(all);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(ended[1]).toMatchObject({ reason: { code: "UNAVAILABLE" } });
  await crew.close();
});

test("large shared memory is handed over and not copied, however often", async () => {
  const large = new Int32Array(new SharedArrayBuffer(64 << 20));
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 4; i++) {
    const crew = bunWorkers().open(adding, { base: 0, memory: large }, 2);
    await Promise.all([1, 2, 3, 4].map((value) => crew.run({ what: "write", value })));
    await crew.close();
  }
  expect(large[0]).toBe(40);
  // Eight threads with a copy each would take 512 MB.
  expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20);
});
