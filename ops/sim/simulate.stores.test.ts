/** Stores in trouble, of all services at once and of single ones: entries stop, exits go on, nothing is lost or doubled. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { alerts } from "../../shared/streams.ts";
import { STORE_TROUBLES } from "../../shared/testing/store-faults.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";

/** Days of virtual time on a machine that does much else. */
setDefaultTimeout(60_000);

const ALL = Array.from({ length: 12 }, (_, at) => `s${String(at + 1).padStart(2, "0")}` as ServiceId);
/** Stores that are away for a minute, a third of it before what is asked for in between. */
const THIRD_MS = 20_000;
/** Ready again, and all of it booked. */
const HEALED_MS = 30_000;

/** News that nobody could take for half a minute make health RED, which would last. */
const SOON_WELL = { CHIMERA_S11_FIGURES_MS: "3000", CHIMERA_S11_BETTER_MS: "1000" };

async function opened(seed: string): Promise<{ desk: Desk; codes: string[] }> {
  const env = SOON_WELL;
  const desk = await Desk.open({ seed, env, instruments: [FUT, SPOT], canCrash: true, storeTroubles: true });
  const codes: string[] = [];
  const hear = {
    group: "test",
    consumer: "test",
    handle: ({ event }: { event: { code: string } }) => codes.push(event.code),
  };
  desk.sim.world.bus.subscribe(alerts, hear);
  expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
  await desk.sim.advance(3_000);
  return { desk, codes };
}

/** What is held there is sold by an order of one's own, whoever else is away. */
function exitBy(desk: Desk, intent_id: string): Intent {
  const qty = desk.venue.positions().find(({ instrument }) => instrument === FUT)?.qty ?? 0n;
  const exit = { intent_id, instrument: FUT, kind: "EXIT", side: "SELL", qty: String(Number(qty) / 1e18) };
  return Intent.parse({ ...exit, reduce_only: true, exec: { policy: "MARKET" } });
}

const isFlat = (desk: Desk) => desk.venue.positions().every(({ qty }) => qty === 0n);

async function notReady({ sim }: Desk): Promise<string[]> {
  const all = await Promise.all([...sim.services.hosted.values()].map((service) => service.health()));
  return all.filter(({ ready }) => !ready).map(({ service }) => service);
}

describe.each([...STORE_TROUBLES])("while the stores of all services are %s for a minute", (trouble) => {
  test("no trade begins, what is open can be left, the kill switch works, and then the books are whole", async () => {
    const { desk, codes } = await opened(`all ${trouble}`);
    const { sim } = desk;
    const before = desk.venue.orders().length;
    sim.stores.set(trouble, ALL);
    void desk.enter(SPOT);
    await sim.advance(THIRD_MS / 2);
    expect(await desk.answered(desk.enter(SPOT))).toBe("UNAVAILABLE");
    expect(desk.venue.orders().length).toBe(before);
    expect(codes).toContain("STORE_AWAY");
    void desk.moveStop(FUT, 0.995);
    await sim.advance(THIRD_MS / 2);
    const exit = exitBy(desk, "out");
    expect(await desk.answered(desk.place(exit))).toMatchObject({ status: "FILLED" });
    expect(await desk.answered(desk.place(exit))).toMatchObject({ status: "FILLED" });
    expect(isFlat(desk)).toBe(true);
    void desk.kill(true);
    await sim.advance(THIRD_MS / 2);
    // Off is not taken on trust: what cannot be stored stays on.
    void desk.kill(false);
    await sim.advance(THIRD_MS / 2);
    const sent = desk.venue.orders().length;
    await desk.answered(desk.enter(SPOT));
    expect(desk.venue.orders().length).toBe(sent);
    await sim.advance(THIRD_MS);
    sim.stores.set(undefined, ALL);
    await sim.advance(HEALED_MS);
    expect(await notReady(desk)).toEqual([]);
    expect(codes).toContain("STORE_BACK");
    await desk.answered(desk.kill(false));
    expect(await desk.answered(desk.enter(SPOT))).toMatchObject({ status: "FILLED" });
    await sim.advance(3_000);
    for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
    await sim.advance(HEALED_MS);
    expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
  });
});

test("the router killed while its store is away: it goes on by its journal, is left and told all of it", async () => {
  const { desk } = await opened("router killed");
  const { sim } = desk;
  sim.stores.set("down", ["s04"]);
  await desk.answered(desk.enter(SPOT));
  let killed = false;
  sim.onStep((step) => {
    if (killed || step.by !== "s01" || step.when !== "before" || step.port !== "fetch") return;
    if (step.request.method !== "POST" || !step.request.url.includes("order")) return;
    // Written in the journal, and on its way.
    killed = true;
    sim.kill(["s04"], 300);
  });
  void desk.place(exitBy(desk, "cut"));
  await sim.advance(10_000);
  expect(killed).toBe(true);
  if (!isFlat(desk)) expect(await desk.answered(desk.place(exitBy(desk, "rest")))).toMatchObject({ status: "FILLED" });
  expect(isFlat(desk)).toBe(true);
  sim.stores.set(undefined, ["s04"]);
  await sim.advance(HEALED_MS);
  expect(await notReady(desk)).toEqual([]);
  expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
});

test("the position manager without its store still gets out of a trade; without it for ten seconds none begins", async () => {
  const { desk } = await opened("position manager");
  const { sim } = desk;
  sim.stores.set("down", ["s06"]);
  await sim.advance(12_000);
  expect(await desk.answered(desk.enter(SPOT))).toBe("UNAVAILABLE");
  void desk.exit(FUT);
  await sim.advance(8_000);
  expect(isFlat(desk)).toBe(true);
  await sim.advance(40_000);
  sim.stores.set(undefined, ["s06"]);
  await sim.advance(HEALED_MS);
  expect(await notReady(desk)).toEqual([]);
  expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
});

test("the kill switch pressed while the gateway's store is away or slow: entries end at once, and it stays on", async () => {
  for (const trouble of ["down", "slow"] as const) {
    const { desk } = await opened(`gateway ${trouble}`);
    const { sim } = desk;
    sim.stores.set(trouble, ["s12"]);
    void desk.kill(true);
    await sim.advance(1_500);
    expect(await desk.answered(desk.enter(SPOT))).toBe("KILL_SWITCH");
    await sim.advance(THIRD_MS);
    sim.stores.set(undefined, ["s12"]);
    sim.kill(["s12"], 300);
    await sim.advance(HEALED_MS);
    expect(await desk.answered(desk.enter(SPOT))).toBe("KILL_SWITCH");
    await desk.answered(desk.kill(false));
    for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
    await sim.advance(HEALED_MS);
    expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
  }
});

test("without their stores one after the other: others trade on, config keeps its revision and says no to another", async () => {
  const { desk } = await opened("one after the other");
  const { sim } = desk;
  for (const owner of ["s01", "s02", "s03", "s05", "s07", "s08", "s09", "s10", "s11"] as const) {
    sim.stores.set("down", [owner]);
    await sim.advance(5_000);
    expect(await desk.answered(desk.enter(SPOT))).toMatchObject({ status: "FILLED" });
    await sim.advance(1_000);
    if (owner === "s10") {
      const terms = { bundle_id: "default", to_rev: 2, mode: "FULL" };
      expect(await desk.answered(desk.verb("s10", "promoteBundle", terms))).toBe("UNAVAILABLE");
    }
    await desk.answered(desk.exit(SPOT));
    await sim.advance(5_000);
    sim.stores.set(undefined, [owner]);
    await sim.advance(10_000);
    expect([owner, await notReady(desk)]).toEqual([owner, []]);
  }
  void desk.exit(FUT);
  await sim.advance(HEALED_MS);
  expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
});
