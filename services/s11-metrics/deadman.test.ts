import { beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { OutsideRequest } from "../../shared/kit/outside.ts";
import type { StreamState } from "../../shared/kit/ports.ts";
import { alerts } from "../../shared/streams.ts";
import { type MemoryOutside, memoryOutside } from "../../shared/testing/outside.ts";
import { createDeadman } from "./deadman.ts";
import { MINUTE, openS11, START } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let clock: VirtualClock;
let outside: MemoryOutside;
let judgedAt: number;
let streams: StreamState[] | Error;
let told: string[];
beforeEach(() => {
  clock = new VirtualClock(START);
  outside = memoryOutside(clock);
  judgedAt = START;
  streams = [{ stream: alerts.family, group: "s11", lag: 0, pending: 0, oldestMs: 0, dead: 0 }];
  told = [];
});
async function ping(method: "GET" | "POST" = "GET", times = 1): Promise<OutsideRequest[]> {
  const log = { debug() {}, info() {}, warn: () => told.push("warn"), error: () => told.push("error") };
  const deadman = createDeadman({
    ...{ url: "https://watch.test/ping?key=1", method, outside, allowed: [], clock, log },
    streams: async () => {
      if (streams instanceof Error) throw streams;
      return streams;
    },
    judgedMsMax: MINUTE,
    level: () => ({ level: "YELLOW", ts: judgedAt }),
    alert: (severity, code) => void told.push(`${severity} ${code}`),
  });
  for (let n = 0; n < times; n++) {
    let isDone = false;
    const work = deadman.ping().finally(() => {
      isDone = true;
    });
    await clock.run(() => isDone);
    await work;
  }
  return outside.sent as OutsideRequest[];
}

describe("the outside watcher is pinged", () => {
  test("with level and time, in the query or in the body", async () => {
    expect((await ping())[0]).toMatchObject({
      method: "GET",
      url: `https://watch.test/ping?key=1&level=YELLOW&ts=${START}`,
    });
    const [, posted] = await ping("POST");
    expect(posted).toMatchObject({ method: "POST", url: "https://watch.test/ping?key=1" });
    expect(JSON.parse(posted?.body ?? "")).toMatchObject({ level: "YELLOW" });
    expect(told).toEqual([]);
  });
  test("not while the level is judged by nobody", async () => {
    judgedAt = START - MINUTE - 1;
    expect(await ping()).toEqual([]);
    expect(told).toEqual(["error"]);
  });
  test("not while alerts are heard by nobody, and not while the bus is away", async () => {
    const late = { stream: alerts.family, group: "s11", lag: 3, pending: 0, oldestMs: 2 * MINUTE + 1, dead: 0 };
    streams = [late];
    expect(await ping()).toEqual([]);
    streams = [{ ...late, oldestMs: MINUTE }];
    expect(await ping()).toHaveLength(1);
    streams = new Error("away");
    await expect(ping()).rejects.toThrow("away");
    expect(outside.sent).toHaveLength(1);
  });
  test("in vain three times, people are told once, and when it is heard again", async () => {
    outside.set("watch.test", 500);
    await ping("GET", 2);
    expect(told).toEqual(["warn", "warn"]);
    told = [];
    const deadman = ping("GET", 4);
    await deadman;
    expect(told).toEqual(["warn", "warn", "warn", "WARN DEADMAN_FAILING", "warn"]);
  });
});

test("S11 pings every minute while it is whole", async () => {
  const env = { CHIMERA_S11_DEADMAN_URL: "https://watch.test/p", CHIMERA_S11_LEVEL_MS: "10000" };
  const s11 = await openS11({ env });
  await s11.advance(5 * MINUTE);
  const pings = s11.outside.sent.filter((sent) => "url" in sent && sent.url.startsWith("https://watch.test/p"));
  expect(pings).toHaveLength(5);
  s11.outside.set("watch.test", "away");
  await s11.advance(4 * MINUTE);
  s11.outside.set("watch.test", 200);
  await s11.advance(2 * MINUTE);
  const { items } = (await s11.ask("GET /alerts?source=s11&code=DEADMAN_FAILING,DEADMAN_BACK", {}, "viewer")).body;
  expect(items?.map(({ code, state }) => `${code} ${state}`).sort()).toEqual([
    "DEADMAN_BACK RESOLVED",
    "DEADMAN_FAILING RESOLVED",
  ]);
  await s11.stop();
});
