/** Run by the bus's fault tests: a consumer of its own process, which takes its time and prints what it handles. */
import { writeSync } from "node:fs";
import { reliable } from "../../testing/bus-world.ts";
import { wallClock } from "../clock.ts";
import { RedisBus } from "./bus.ts";

const [, , url = "", leaseMs] = process.argv;
const bus = new RedisBus({ redis: { url }, clock: wallClock(), leaseMs: Number(leaseMs) });
bus.subscribe(reliable, {
  group: "s04",
  consumer: "paused",
  handle: async (message) => {
    await Bun.sleep(20);
    writeSync(1, `${message.event.id}\n`);
  },
});
