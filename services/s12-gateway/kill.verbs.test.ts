import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { killState } from "../../shared/collections/people.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

let gateway: Gateway;
let rita: string;
beforeAll(async () => {
  gateway = await openGateway("kill switch", {}, { storeTroubles: true });
  rita = await gateway.join("rita", "risk");
});
afterAll(() => gateway.stop());

const set = (enable: boolean, key: string) =>
  gateway.ask("POST /kill-switch", rita, { enable, reason: "a script's" }, { "idempotency-key": key });
const isOn = async () => (await gateway.ask("GET /kill-switch", rita)).body.enabled;

test("whoever turns it on turns it on, also under a key that they used before, and at the same moment", async () => {
  expect((await set(true, "stop")).body.enabled).toBe(true);
  expect((await set(false, "go")).body.enabled).toBe(false);
  const again = await set(true, "stop");
  expect([again.body.enabled, again.headers.get("idempotency-replayed"), await isOn()]).toEqual([true, null, true]);
  const asked = [
    "POST /kill-switch",
    rita,
    { enable: true, reason: "at once" },
    { "idempotency-key": "stop" },
  ] as const;
  const all = await gateway.askAll([...asked], [...asked]);
  expect(all.map(({ status }) => status)).toEqual([200, 200]);
});

test("off is done once per key: a repeat does not undo what somebody turned on since", async () => {
  await set(true, "on 1");
  await set(false, "off 1");
  await set(true, "on 2");
  expect((await set(false, "off 1")).headers.get("idempotency-replayed")).toBe("true");
  expect(await isOn()).toBe(true);
});

test("on once more takes nothing back: getting flat goes on, though the page's button asks for less", async () => {
  const on = async (mode?: string) =>
    (await gateway.ask("POST /kill-switch", rita, { enable: true, reason: "more", ...(mode && { mode }) })).body.mode;
  await set(false, "off first");
  expect([await on("HALT"), await on("CANCEL"), await on("HALT"), await on("FLATTEN"), await on()]).toEqual([
    ...["HALT", "CANCEL", "CANCEL", "FLATTEN", "FLATTEN"],
  ]);
  await set(false, "off last");
  expect(await on("HALT")).toBe("HALT");
});

test("who is signed in turns it on while the gateway's store is away: told that it is on in memory, and it is", async () => {
  await set(false, "off before");
  const { stores } = gateway.sim;
  stores.set("down", ["s12"]);
  await gateway.sim.advance(20_000);
  const said = await set(true, "on without a store");
  expect([said.status, said.code]).toEqual([503, "UNAVAILABLE"]);
  expect(await isOn()).toBe(true);
  stores.set(undefined, ["s12"]);
  expect((await set(true, "on with it")).body.enabled).toBe(true);
});

test("what was pressed while the store was away is stored when it is back, though nobody asks again", async () => {
  await set(false, "off for the next");
  const { sim } = gateway;
  const stored = async () => (await sim.world.store("s12").get(killState, "kill"))?.value;
  sim.stores.set("down", ["s12"]);
  await sim.advance(1_000);
  expect((await set(true, "on and on")).status).toBe(503);
  sim.stores.set(undefined, ["s12"]);
  await sim.advance(10_000);
  expect(await stored()).toMatchObject({ enabled: true });
});

test("an off that was refused for want of an answer does not come true with the next start", async () => {
  await set(true, "on before doubt");
  const { sim } = gateway;
  const stored = async () => (await sim.world.store("s12").get(killState, "kill"))?.value;
  sim.stores.set("deaf", ["s12"]);
  await sim.advance(1_000);
  expect((await set(false, "off in doubt")).status).toBe(503);
  sim.stores.set(undefined, ["s12"]);
  expect(await isOn()).toBe(true);
  await sim.advance(10_000);
  expect(await stored()).toMatchObject({ enabled: true });
  expect(await isOn()).toBe(true);
  expect((await set(false, "off at last")).body.enabled).toBe(false);
});
