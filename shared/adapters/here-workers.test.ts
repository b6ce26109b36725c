/** Workers within this thread, on a virtual clock: the contract, and the same order of ends for the same seed. */
import { expect, test } from "bun:test";
import { workersContract } from "../testing/workers.contract.ts";
import { adding } from "../testing/workers-tasks.ts";
import { hereWorkers } from "./here-workers.ts";
import { onnxInference } from "./onnx.ts";
import { programRunner } from "./programs.ts";
import { seededRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

function world(seed = 1) {
  const clock = new VirtualClock(0);
  const pace = seededRandom(seed);
  const ports = { clock, inference: onnxInference(clock), programs: programRunner() };
  const workers = hereWorkers({ ...ports, cores: 2, taskMs: () => 1 + pace.int(100) });
  async function finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await clock.run(() => done);
    return work;
  }
  return { workers, finish, isBeside: false };
}

workersContract("here", world);

test("runs end in an order of their own, the same for the same seed", async () => {
  const orders: number[][] = [];
  for (const seed of [1, 1, 2]) {
    const { workers, finish } = world(seed);
    const crew = workers.open(adding, { base: 0, memory: new Int32Array(new SharedArrayBuffer(4)) }, 3);
    const order: number[] = [];
    const runs = [1, 2, 3, 4, 5, 6].map(async (value) => order.push((await crew.run({ what: "add", value })).sum));
    await finish(Promise.all(runs));
    orders.push(order);
  }
  expect(orders[0]).toEqual(orders[1]!);
  expect(orders[0]).not.toEqual(orders[2]!);
});
