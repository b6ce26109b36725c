/** Run by the bus's crash test: publishes without end and hears itself, printing what is durable and what is handled. */
import { writeSync } from "node:fs";
import { reliable } from "../testing/bus-world.ts";
import { wallClock } from "./clock.ts";
import { EmbeddedBus } from "./embedded-bus.ts";

const bus = new EmbeddedBus({ path: process.argv[2]!, clock: wallClock() });
bus.subscribe(reliable, {
  group: "s04",
  consumer: "a",
  handle: (message) => void writeSync(1, `handled ${message.event.id}\n`),
});
for (let at = Number(process.argv[3]); ; at++) {
  await bus.publish(reliable, { id: String(at) }, { key: "k", id: `m${at}` });
  writeSync(1, `published ${at}\n`);
}
