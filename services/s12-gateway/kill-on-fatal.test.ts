/** The kill switch by itself: on a FATAL alert that the bundle names, once for each time that it is told. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { asleep } from "../../ops/run/account.fixture.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { auditLog, killState } from "../../shared/collections/people.ts";
import type { Net, Op, Store } from "../../shared/kit/ports.ts";
import type { Log, Principal } from "../../shared/kit/service.ts";
import { type Alert, alerts } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { createKill } from "./kill.ts";
import { createKillOnFatal } from "./kill-on-fatal.ts";
import type { KillCalls } from "./kill-telling.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";

setDefaultTimeout(30_000);

const START = 1_000_000;
const RITA: Principal = { kind: "person", id: "rita", role: "risk" };
const NAMED = "STORE_BROKEN";
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const fatal = (ts: number, over: Partial<Alert> = {}): Alert => ({
  alert_id: "a1",
  severity: "FATAL",
  source: "s05",
  code: NAMED,
  message: "the store is broken",
  ts,
  ...over,
});

let clock: VirtualClock;
let store: Store;
let audited: { actor: string; after?: unknown }[];
let hear: (alert: Alert) => Promise<void>;
let kill: ReturnType<typeof createKill>;
/** The store refuses to be written. */
let isFull = false;

/** A process of S12 over the same store. */
async function boot(): Promise<void> {
  const stored = async () => ({ epoch: 1, outstanding: [] });
  const calls = { router: { setKill: stored }, exchange: { setKill: stored }, position: {} } as unknown as KillCalls;
  const kept = Object.assign(Object.create(store) as Store, {
    get: store.get.bind(store),
    commit: (ops: readonly Op[]) => (isFull ? Promise.reject(new Error("disk full")) : store.commit(ops)),
  });
  const audit = (entry: { actor: string; after?: unknown }): Op => {
    audited.push(entry);
    return { op: "link", child: "kill_state/kill", parent: "kill_state/kill" };
  };
  kill = createKill({ store: kept, clock, log: silent, calls, audit });
  await kill.load();
  hear = createKillOnFatal({ store: kept, clock, kill }).hear;
}

const off = async () => {
  await clock.run(clock.now() + 10);
  await kill.set({ enable: false, mode: "CANCEL", reason: "looked at" }, RITA);
  await clock.run(clock.now() + 10);
};

describe("the kill switch on FATAL", () => {
  beforeEach(async () => {
    clock = new VirtualClock(START);
    const world = simulatedWorld({ clock, net: {} as Net, seed: 1 });
    store = world.store("s12");
    audited = [];
    isFull = false;
    const view = viewWith({ flags: { health: { kill_on_fatal: [NAMED] } } });
    const { bundle_id, rev, hash, bundle } = view;
    const about = { bundle_id, rev, hash, author: "ada", created_at: START };
    await world
      .store("s10")
      .commit([
        put(configBundles, { ...about, bundle, status: "ACTIVE" } as never),
        put(configActive, { id: "active", ...about, activated_at: START } as never),
      ]);
    await boot();
  });

  test("turns it on to CANCEL, told to everybody and audited with its trigger; then there is nothing more to do", async () => {
    await hear(fatal(START));
    const reason = "FATAL STORE_BROKEN of s05: the store is broken";
    const on = { enabled: true, mode: "CANCEL", epoch: 1, actor: "automatic", reason };
    expect(kill.current()).toMatchObject(on);
    expect((await store.get(killState, "kill"))?.value).toMatchObject(on);
    expect(audited).toMatchObject([{ actor: "automatic", after: on }]);
    const [notice] = await store.outbox.read(10);
    expect(notice).toMatchObject({ family: alerts.family, event: { code: "KILL_BY_FATAL", severity: "ERROR" } });
    await hear(fatal(START + 5));
    expect(kill.current().epoch).toBe(1);
  });

  test.each([
    ["another code", { code: "FORCED_CLOSE" }],
    ["less than FATAL", { severity: "ERROR" }],
  ] as const)("minds nothing of %s", async (_what, over) => {
    await hear(fatal(START, over));
    expect(kill.current()).toMatchObject({ enabled: false, epoch: 0 });
  });

  test("is not on again for what was told before a person turned it off, also after a restart; told anew it is", async () => {
    await hear(fatal(START));
    await off();
    for (const _again of [1, 2]) {
      await hear(fatal(START));
      await hear(fatal(START + 10));
      expect(kill.current().enabled).toBe(false);
      await boot();
    }
    await hear(fatal(clock.now()));
    expect(kill.current()).toMatchObject({ enabled: true, actor: "automatic", epoch: 3 });
    await boot();
    await hear(fatal(clock.now() + 5));
    expect(kill.current()).toMatchObject({ enabled: true, epoch: 3 });
  });

  test("is on for what is told though it was turned off by a clock that ran ahead", async () => {
    await hear(fatal(START));
    await off();
    const row = await store.get(killState, "kill");
    await store.commit([put(killState, { ...row!.value, ts: clock.now() + 3_600_000 }, row!.rev)]);
    await boot();
    await hear(fatal(clock.now()));
    expect(kill.current()).toMatchObject({ enabled: true, actor: "automatic" });
  });

  test("leaves what a person turned on as it is", async () => {
    await kill.set({ enable: true, mode: "HALT", reason: "a drill" }, RITA);
    await hear(fatal(START + 5));
    expect(kill.current()).toMatchObject({ mode: "HALT", actor: "rita", epoch: 1 });
  });

  test("is on in memory while the store is full, and stored when the message comes again", async () => {
    isFull = true;
    await expect(hear(fatal(START))).rejects.toThrow("could not be stored");
    expect(kill.current().enabled).toBe(true);
    isFull = false;
    await hear(fatal(START));
    expect((await store.get(killState, "kill"))?.value).toMatchObject({ enabled: true, actor: "automatic" });
  });
});

describe("in an installation", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    const bundle = asleep().replace("  health:\n", `  health:\n    kill_on_fatal: [${NAMED}]\n`);
    expect(bundle).toContain(NAMED);
    gateway = await openGateway("kill on fatal", { CHIMERA_BUNDLE_TEXT: bundle });
  });
  afterAll(() => gateway.stop());

  test("it is heard of a service, refuses entries, and stays off when a person has turned it off", async () => {
    const { sim, ask } = gateway;
    const rita = await gateway.join("rita", "risk");
    const isOn = async () => (await ask("GET /kill-switch", rita)).body;
    const told = fatal(sim.clock.now());
    await sim.world.bus.publish(alerts, told, { id: "first" });
    await sim.advance(2_000);
    expect(await isOn()).toMatchObject({ enabled: true, mode: "CANCEL", actor: "automatic", outstanding: [] });
    const rows = await gateway.store.query(auditLog, { where: { actor: "automatic" }, limit: 5 });
    const entry = rows.items.map(({ value }) => value).find(({ source }) => source === "s12");
    expect(entry).toMatchObject({ what: "kill-switch", after: { reason: expect.stringContaining(NAMED) } });
    const done = await ask("GET /api/v1/actions?kind=KILL", rita);
    expect(done.body.items).toMatchObject([{ source: "s12", trigger: expect.stringContaining(NAMED) }]);
    await ask("POST /kill-switch", rita, { enable: false, reason: "mended" });
    await sim.world.bus.publish(alerts, told, { id: "again" });
    await sim.advance(2_000);
    expect(await isOn()).toMatchObject({ enabled: false, actor: "rita" });
  });
});
