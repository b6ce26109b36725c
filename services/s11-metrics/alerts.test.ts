import { beforeEach, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { alertsKept } from "../../shared/collections/operations.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import { type Alert, opsEvents } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { createInbox, type Inbox } from "./alerts.ts";

const alert: Alert = { alert_id: "a", severity: "WARN", source: "s04", code: "X", message: "m", ts: 1 };
let store: Store;
let inbox: Inbox;
beforeEach(() => {
  store = simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: 1 }).store("s11");
  inbox = createInbox({ store, audit: (entry) => emit(opsEvents, { ...entry, source: "s11", ts: 1 }) });
});
const heard = (id: string, ts = 1) => inbox.take({ ...alert, ts }, { stream: "alerts", id });
const kept = async () => (await store.get(alertsKept, "a"))?.value;

test("repeats are counted, the same message twice is not", async () => {
  await heard("1", 1);
  await heard("1", 1);
  await heard("2", 5);
  expect(await kept()).toMatchObject({ count: 2, first_ts: 1, ts: 5, state: "OPEN" });
});
test("one that was acknowledged opens again with the next repeat", async () => {
  await heard("1");
  expect(await inbox.acknowledge("a", "ada")).toMatchObject({ state: "ACKED", acked_by: "ada" });
  await heard("2");
  expect(await kept()).toMatchObject({ state: "OPEN", count: 2 });
  expect((await kept())?.acked_by).toBeUndefined();
});
test("an unknown one cannot be acknowledged", async () => {
  await expect(inbox.acknowledge("b", "ada")).rejects.toThrow("There is no alert b.");
});
test("a repeat in the moment of acknowledging is not swallowed by it", async () => {
  await heard("1");
  const [taken] = await Promise.allSettled([heard("2"), inbox.acknowledge("a", "ada")]);
  // What was acknowledged meanwhile is looked at anew when the message comes again.
  expect(taken.status).toBe("rejected");
  await heard("2");
  expect((await kept())?.count).toBe(2);
});
