import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import type { Alert } from "../streams.ts";
import { createAlerting } from "./alerting.ts";

const alert = (code: string): Alert => ({ alert_id: code, severity: "ERROR", source: "s04", code, message: "", ts: 0 });

function bench() {
  const clock = new VirtualClock(0);
  const told: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const bus = { isAway: false };
  const send = createAlerting({
    clock,
    log: { error: (_message, fields = {}) => logged.push(fields) },
    async publish({ code }) {
      if (bus.isAway) throw new Error("away");
      told.push(code);
    },
  });
  return { clock, told, logged, bus, send };
}

test("what could not be told while the bus was away is told when it is back, each once", async () => {
  const { clock, told, bus, send } = bench();
  bus.isAway = true;
  send(alert("A"));
  send(alert("B"));
  await clock.run(10 * 60_000);
  expect(told).toEqual([]);
  bus.isAway = false;
  await clock.run(12 * 60_000);
  expect(told).toEqual(["A", "B"]);
});

test("it is given up after about an hour, and only so many wait; both is in the log", async () => {
  const { clock, told, logged, bus, send } = bench();
  bus.isAway = true;
  for (let n = 0; n < 600; n++) send(alert(`C${n}`));
  await clock.run(1_000);
  expect(logged.filter(({ given_up }) => given_up === true).length).toBe(100);
  await clock.run(2 * 3_600_000);
  expect(logged.filter(({ given_up }) => given_up === true).length).toBe(600);
  bus.isAway = false;
  send(alert("D"));
  await clock.run(3 * 3_600_000);
  expect(told).toEqual(["D"]);
});
