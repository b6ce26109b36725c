import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { config as contract } from "../contracts.ts";
import { type ActiveConfig, revisionOf } from "../domain/arms.ts";
import { Problem } from "../errors.ts";
import { type Alert, alerts, configEvents } from "../streams.ts";
import { BARE } from "../testing/neighbours.ts";
import { bundleOf, type ConfigService, configService, named, recordOf, SLOT_MS } from "./config.fixture.ts";
import { createConfig } from "./config.ts";
import { constellation } from "./constellation.ts";
import type { Store } from "./ports.ts";
import { answers, defineService } from "./service.ts";

function holderOf(it: ConfigService, store: Pick<Store, "get" | "query"> = it.world.store("s03")) {
  const refused: [number, string][] = [];
  const swapped: ActiveConfig[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const config = createConfig({
    ask: () => ({ getActive: () => it.told() }) as never,
    ...{ store, log },
    swapped: (active) => void swapped.push(active),
    refused: (rev, error) => void refused.push([rev, error]),
  });
  return { config, refused, swapped };
}
const revs = ({ rev, canary }: ActiveConfig) => (canary ? [rev, canary.view.rev] : [rev]);

describe("a revision that cannot be applied", () => {
  test("leaves all listeners with the one before, and is told once", async () => {
    const it = configService();
    await it.put(1);
    const { config, refused, swapped } = holderOf(it);
    const first: number[][] = [];
    const second: number[][] = [];
    config.onChange((active) => void first.push(revs(active)));
    config.onChange((active) => {
      second.push(revs(active));
      if (active.rev === 2) throw new Error("no such thing");
    });
    await config.refresh();
    await it.put(2);
    for (let again = 0; again < 3; again++) {
      await expect(config.refresh()).rejects.toThrow("no such thing");
      expect([first.at(-1), second.at(-1), config.current().rev, config.revision()]).toEqual([[1], [1], 1, 1]);
    }
    expect(config.standing()).toEqual({ rev: 1, refused: { rev: 2, error: "no such thing" } });
    expect(refused).toEqual([[2, "no such thing"]]);

    await it.put(3);
    await config.refresh();
    expect([first.at(-1), second.at(-1), config.standing()]).toEqual([[3], [3], { rev: 3 }]);
    expect(swapped.map(revs)).toEqual([[1], [3]]);
  });

  test("of a pair the new one is to blame, and the pair before goes on", async () => {
    const it = configService();
    await it.put(1);
    const { config, refused } = holderOf(it);
    config.onChange(({ canary }) => {
      if (canary?.view.rev === 2) throw new Error("a bad canary");
    });
    await config.refresh();
    await it.put(1, 2);
    await expect(config.refresh()).rejects.toThrow("a bad canary");
    expect(config.standing()).toEqual({ rev: 1, refused: { rev: 2, error: "a bad canary" } });
    await it.put(1);
    await config.refresh();
    expect(config.standing()).toEqual({ rev: 1 });
    await it.put(1, 3);
    await config.refresh();
    expect(config.standing()).toEqual({ rev: 1, canary_rev: 3, promotion_id: "p3" });
    expect(refused).toHaveLength(1);
  });

  test("a listener that does not find back keeps none of the others from it", async () => {
    const it = configService();
    await it.put(1);
    const { config } = holderOf(it);
    const heard: number[] = [];
    let stuck = false;
    config.onChange(() => {
      if (stuck) throw new Error("stuck");
    });
    config.onChange(({ rev }) => void heard.push(rev));
    config.onChange(({ rev }) => {
      if (rev === 2) {
        stuck = true;
        throw new Error("no");
      }
    });
    await config.refresh();
    await it.put(2);
    await expect(config.refresh()).rejects.toThrow("no");
    expect([heard, config.current().rev]).toEqual([[1, 2, 1], 1]);
  });

  test("nor one that is no bundle, of which is said where it is none", async () => {
    const it = configService();
    await it.put(1);
    const { config, refused } = holderOf(it);
    await config.refresh();
    await it.put(2);
    await it.keep(recordOf(2, { ...bundleOf(2), instruments: [] }));
    await expect(config.refresh()).rejects.toThrow("does not fit this version of the bundle: instruments");
    expect([config.current().rev, refused.map(([rev]) => rev)]).toEqual([1, [2]]);
  });
});

test("of a pair at the start the one for all alone comes into force: what is open waits for no canary", async () => {
  const it = configService();
  await it.put(1, 2);
  const { config, refused, swapped } = holderOf(it);
  let isBad = true;
  config.onChange(({ canary }) => {
    if (canary && isBad) throw new Error("a bad canary");
  });
  await config.refresh();
  expect([config.current().rev, config.current().canary]).toEqual([1, undefined]);
  expect(config.standing()).toEqual({ rev: 1, refused: { rev: 2, error: "a bad canary" } });
  await expect(config.catchUp()).rejects.toThrow("a bad canary");
  expect([swapped.map(revs), refused.length]).toEqual([[[1]], 1]);
  isBad = false;
  await config.catchUp();
  expect(config.standing()).toEqual({ rev: 1, canary_rev: 2, promotion_id: "p2" });
});

describe("catching up", () => {
  test("asks the config service only when the store tells of something else", async () => {
    const it = configService();
    await it.put(1);
    const { config } = holderOf(it);
    await config.catchUp();
    await config.catchUp();
    expect([it.asked, revs(config.current())]).toEqual([1, [1]]);
    const changes: [number, number?, number?][] = [[1, 2], [1, 2, 50], [2], [2, 3], [2], [4]];
    for (const [at, change] of changes.entries()) {
      await it.put(...change);
      await config.catchUp();
      await config.catchUp();
      expect([it.asked, revs(config.current())]).toEqual([at + 2, change.slice(0, 2) as number[]]);
      expect(config.current().canary?.traffic_pct).toBe(change[1] === undefined ? undefined : (change[2] ?? 10));
    }
  });

  test("while the config service is away the pair is read from its store, at the start and later", async () => {
    const it = configService();
    await it.put(1, 2);
    it.isAway = true;
    const { config } = holderOf(it);
    await config.refresh();
    expect(revs(config.current())).toEqual([1, 2]);
    expect(config.current().canary).toMatchObject({ promotion_id: "p2", traffic_pct: 10, slot_ms: SLOT_MS });
    await it.put(1, 2, 50);
    await config.catchUp();
    expect(config.current().canary?.traffic_pct).toBe(50);
  });

  test("with neither, a start fails and a running service goes on", async () => {
    const it = configService();
    it.isAway = true;
    const { config } = holderOf(it);
    await expect(config.refresh()).rejects.toThrow("away");
    expect(() => config.current()).toThrow("No config revision has arrived yet.");
    it.isAway = false;
    await it.put(1);
    const broken = { get: () => Promise.reject(new Error("no store")), query: () => Promise.reject(new Error("no")) };
    const other = holderOf(it, broken);
    await other.config.refresh();
    await it.put(2);
    await other.config.catchUp();
    expect(other.config.current().rev).toBe(2);
    it.isAway = true;
    await expect(other.config.refresh()).rejects.toThrow("no store");
    expect(other.config.current().rev).toBe(2);
  });
});

test("a revision that work was begun under stays known for a while, and is found in the store for ever", async () => {
  const it = configService();
  const { config } = holderOf(it);
  for (let rev = 1; rev <= 12; rev++) {
    await it.put(rev);
    await config.refresh();
  }
  await it.put(12, 13);
  await config.refresh();
  expect([12, 13, 11, 5, 1].map((rev) => config.known(rev)?.rev)).toEqual([12, 13, 11, 5, undefined]);
  expect(config.known(11)).not.toContainKey("canary");
  expect((await config.find(1))?.bundle.note).toBe("r1");
  expect(config.known(1)?.rev).toBe(1);
  expect(await config.find(99)).toBeUndefined();
  await it.keep(recordOf(50, { nothing: true }));
  expect(await config.find(50)).toBeUndefined();
});

test("asked for a revision that it has not heard of, a service looks what is in force before it goes on", async () => {
  const it = configService();
  await it.put(1);
  const { config } = holderOf(it);
  await config.refresh();
  await it.put(1, 2);
  expect((await config.find(2))?.rev).toBe(2);
  expect(revs(config.current())).toEqual([1, 2]);
  await it.keep(recordOf(7));
  expect([(await config.find(7))?.rev, revs(config.current())]).toEqual([7, [1, 2]]);
});

test("what a unit of work has in hand never changes, and between two all parts have the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(6), { minLength: 5, maxLength: 25 }),
      fc.infiniteStream(fc.nat(3)),
      (changes, turns) => swappedWhileWorking(changes, turns),
    ),
    { seed: 3, numRuns: 25 },
  );
});

/** Three parts of a service follow the config, and work on it in steps between which others have their turns. */
async function swappedWhileWorking(changes: readonly number[], turns: Iterator<number>): Promise<void> {
  const it = configService();
  await it.put(1);
  const { config } = holderOf(it);
  const parts: ActiveConfig[] = [];
  for (let part = 0; part < 3; part++) {
    config.onChange((active) => {
      // One that refuses some of them, in the middle of the others.
      if (part === 1 && active.rev % 5 === 0) throw new Error("not this one");
      parts[part] = active;
    });
  }
  await config.refresh();
  let isOver = false;
  let worked = 0;
  const work = async () => {
    while (!isOver) {
      const mine = config.current();
      const said = JSON.stringify(mine);
      const steps = turns.next().value;
      for (let step = 0; step < steps; step++) {
        await Promise.resolve();
        const now = config.current();
        expect(parts.every((part) => part === now)).toBe(true);
      }
      expect(JSON.stringify(mine)).toBe(said);
      expect(revisionOf(mine, mine.rev)?.bundle.note).toBe(`r${mine.rev}`);
      worked++;
      await Promise.resolve();
    }
  };
  const working = [work(), work(), work()];
  let rev = 1;
  for (const kind of changes) {
    rev++;
    await (kind < 3 ? it.put(rev) : it.put(config.current().rev, rev, kind * 5));
    await config.refresh().catch(() => {});
  }
  isOver = true;
  await Promise.all(working);
  expect(worked).toBeGreaterThan(changes.length);
}

async function running(follow: (active: ActiveConfig) => void) {
  const it = configService();
  const heard: number[][] = [];
  const s10 = defineService({
    ...{ ...BARE, id: "s10", name: "s10-config", title: "Config Service", port: 8090, emits: [configEvents] },
    setup: (ctx) => ({
      async start() {
        news = (rev) => ctx.publish(configEvents, { kind: "PROMOTE", ...named(rev), ts: it.clock.now() });
      },
      verbs: [
        answers(contract.methods.getActive, { name: "getActive", summary: "Active", run: () => it.told() as never }),
      ],
    }),
  });
  let news: (rev: number) => Promise<unknown> = () => Promise.resolve();
  const s03 = defineService({
    ...{ ...BARE, id: "s03", name: "s03-strategy", title: "Strategy Engine", port: 8083, usesConfig: true },
    setup(ctx) {
      ctx.config.onChange((active) => {
        follow(active);
        heard.push(revs(active));
      });
      return {};
    },
  });
  const told: Alert[] = [];
  it.world.bus.subscribe(alerts, { group: "test", consumer: "test", handle: ({ event }) => void told.push(event) });
  const all = await constellation([s10, s03], ["s10", "s03"], it.world);
  const started = all.start();
  const hosted = () => all.hosted.get("s03");
  const pass = (ms: number) => it.clock.run(it.clock.now() + ms);
  return { it, heard, told, hosted, started, pass, news: (rev: number) => news(rev) };
}

describe("in a running service", () => {
  test("news reach it at once, what was missed within five seconds, and health and metrics tell both arms", async () => {
    const bench = running(() => {});
    const { it, heard, hosted, pass, news, started } = await bench;
    await it.put(1);
    await pass(1_000);
    await started;
    await it.put(1, 2);
    await news(1);
    await pass(10);
    expect(heard).toEqual([[1], [1, 2]]);
    expect(await hosted()?.health()).toMatchObject({ config_rev: 1, config_canary_rev: 2 });
    expect(await hosted()?.metrics()).toContain('chimera_config_rev{arm="CANARY",service="s03"} 2');
    await it.put(2);
    await pass(5_000);
    expect(heard).toEqual([[1], [1, 2], [2]]);
    const text = await hosted()?.metrics();
    expect(text).toContain('chimera_config_rev{arm="STABLE",service="s03"} 2');
    expect(text).toContain('chimera_config_rev{arm="CANARY",service="s03"} 0');
  });

  test("one that cannot be loaded is told in the health and by one alert, until it is taken back", async () => {
    const bench = running(({ rev }) => {
      if (rev === 2) throw new Error("it does not compile");
    });
    const { it, heard, told, hosted, pass, started } = await bench;
    await it.put(1);
    await pass(1_000);
    await started;
    await it.put(2);
    await pass(60_000);
    expect(await hosted()?.health()).toMatchObject({
      ...{ config_rev: 1, ready: true },
      config_refused: { rev: 2, error: "it does not compile" },
    });
    expect(told.map(({ code, severity, source, message }) => [code, severity, source, message])).toEqual([
      ["CONFIG_REFUSED", "ERROR", "s03", "Revision 2 cannot be loaded: it does not compile"],
    ]);
    await it.put(3);
    await pass(5_000);
    expect(heard.at(-1)).toEqual([3]);
    expect((await hosted()?.health())?.config_refused).toBeUndefined();
  });

  test("a start waits for a revision that it can load, and says what it waits for", async () => {
    const bench = running(({ rev }) => {
      if (rev === 1) throw new Problem("INVALID", "not this one");
    });
    const { it, told, hosted, pass, started } = await bench;
    await it.put(1);
    await pass(3_000);
    expect(await hosted()?.health()).toMatchObject({ ready: false, config_refused: { rev: 1, error: "not this one" } });
    await it.put(2);
    await pass(1_000);
    await started;
    expect(await hosted()?.health()).toMatchObject({ ready: true, config_rev: 2 });
    expect(told.map(({ code }) => code)).toEqual(["CONFIG_REFUSED"]);
  });
});
