/** What every adapter of Workers must do, whether its threads are threads or turns. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Crew, Workers } from "../kit/workers.ts";
import { adding, type TrialSum, type TrialWork } from "./workers-tasks.ts";

export interface WorkersWorld {
  workers: Workers;
  /** Lets time pass until it is done. */
  finish<T>(work: Promise<T>): Promise<T>;
  /** Whether work goes on while this thread does something else. */
  isBeside: boolean;
}

export function workersContract(name: string, make: () => WorkersWorld): void {
  describe(`${name}: workers`, () => {
    const crews: Crew<TrialWork, TrialSum>[] = [];
    const world = make();
    afterEach(async () => {
      for (const crew of crews.splice(0)) await crew.close();
    });
    const open = (size: number, base = 100) => {
      const memory = new Int32Array(new SharedArrayBuffer(4));
      const crew = world.workers.open(adding, { base, memory }, size);
      crews.push(crew);
      return { crew, memory };
    };
    const add = (value: number): TrialWork => ({ what: "add", value });

    test("there is at least one processor", () => {
      expect(world.workers.cores).toBeGreaterThanOrEqual(1);
    });

    test("each run is answered, whatever the number of threads", async () => {
      for (const size of [1, 2, 3]) {
        const { crew } = open(size);
        expect(crew.size).toBe(size);
        const sums = await world.finish(Promise.all(Array.from({ length: 9 }, (_, i) => crew.run(add(i)))));
        expect(sums.map(({ sum }) => sum)).toEqual(Array.from({ length: 9 }, (_, i) => 100 + i));
        await crew.close();
      }
    });

    test("what is shared memory in the ground is one memory", async () => {
      const { crew, memory } = open(2);
      await world.finish(Promise.all([1, 2, 3, 4].map((value) => crew.run({ what: "write", value }))));
      expect(memory[0]).toBe(10);
    });

    test("a failure keeps its code, its words and its fields, and the thread goes on", async () => {
      const { crew } = open(1);
      const wrong = crew.run({ what: "refuse", value: 1 });
      await expect(world.finish(wrong)).rejects.toMatchObject({
        ...{ code: "INVALID", message: "It is wrong.", errors: [{ field: "value", message: "is odd" }] },
      });
      await expect(world.finish(crew.run({ what: "throw", value: 1 }))).rejects.toMatchObject({
        ...{ code: "INTERNAL", message: "It broke." },
      });
      expect(await world.finish(crew.run(add(1)))).toMatchObject({ sum: 101, runs: 3 });
    });

    test("a task that cannot be made ready says why, to each who asks", async () => {
      const { crew } = open(1, -1);
      for (let i = 0; i < 2; i++) {
        await expect(world.finish(crew.run(add(1)))).rejects.toMatchObject({ code: "RULE" });
      }
    });

    test("progress is told while it runs", async () => {
      const { crew } = open(1);
      const told: number[] = [];
      await world.finish(crew.run(add(1), { onProgress: (done) => told.push(done) }));
      expect(told).toEqual([0.5]);
    });

    test("who is stopped hears the reason, before or while its turn comes, and others go on", async () => {
      const { crew } = open(1);
      const [first, second] = [new AbortController(), new AbortController()];
      const work: TrialWork = world.isBeside ? { what: "spin", value: 1 } : add(1);
      const begun = Promise.withResolvers<void>();
      const running = crew.run(work, { signal: first.signal, onProgress: () => begun.resolve() });
      const behind = crew.run(add(2), { signal: second.signal });
      const after = crew.run(add(3));
      const ended = Promise.allSettled([running, behind]);
      if (world.isBeside) await begun.promise;
      second.abort(new Error("not any more"));
      first.abort(new Error("that will do"));
      const reasons = (await world.finish(ended)).map((each) => each.status === "rejected" && each.reason.message);
      expect(reasons).toEqual(["that will do", "not any more"]);
      expect(await world.finish(after)).toMatchObject({ sum: 103 });
      await expect(crew.run(add(4), { signal: first.signal })).rejects.toThrow("that will do");
    });

    test("closed, it takes nothing more, and who waits hears of it", async () => {
      const { crew } = open(1);
      const waiting = Promise.allSettled([crew.run(add(1)), crew.run(add(2))]);
      await crew.close();
      for (const each of await world.finish(waiting)) expect(each).toMatchObject({ reason: { code: "UNAVAILABLE" } });
      await expect(crew.run(add(3))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    });
  });
}
