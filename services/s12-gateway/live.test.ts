import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { servePort } from "../../ops/run/serve.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { createClient } from "../../shared/client/client.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { offerSocket } from "../../shared/kit/upgrade.ts";
import { alerts, ticker } from "../../shared/streams.ts";
import { PASSWORD } from "./people.fixture.ts";

setDefaultTimeout(60_000);
const TOPICS = ["alerts"] as const;
let sim: Simulation;
let token: string;
let told = 0;

const gateway = () => sim.services.hosted.get("s12") as Hosted;
const running = <T>(work: Promise<T>): Promise<T> => whileRunning(sim.clock, work);
/** What the gateway cannot answer while it is away is no answer, as at a closed port. */
const fetchIt = async (request: Request): Promise<Response> => {
  const hosted = sim.services.hosted.get("s12");
  if (!hosted) throw new TypeError("connection refused");
  return hosted.fetch(request);
};
const machine = () => ({
  now: () => sim.clock.now(),
  chance: () => 0,
  freshKey: () => "k",
  sleep: (ms: number, signal?: AbortSignal) => sim.clock.sleep(ms, signal),
});
const open = (url: string, options: object = {}) =>
  createClient({ url, token, machine: machine(), fetch: fetchIt, ...options });

/** Tells one thing for certain; answers its name. */
async function tell(): Promise<string> {
  const alert_id = `told-${++told}`;
  const alert = {
    alert_id,
    severity: "INFO" as const,
    source: "s04",
    code: "TEST",
    message: alert_id,
    ts: sim.clock.now(),
  };
  await sim.world.bus.publish(alerts, alert);
  return alert_id;
}
async function tellMany(count: number): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < count; n++) {
    names.push(await tell());
    await sim.advance(20);
  }
  return names;
}

/** A view that notes what it hears, in order, and each break. */
function view(url: string, options: object = {}) {
  const heard: string[] = [];
  const phases: string[] = [];
  let resyncs = 0;
  const live = open(url, options).live({
    topics: TOPICS,
    onEvents(events) {
      for (const each of events) if (each.topic === "alerts") heard.push(each.event.alert_id);
    },
    onResync() {
      resyncs++;
    },
    onState({ phase }) {
      if (phases.at(-1) !== phase) phases.push(phase);
    },
  });
  return { heard, phases, resyncs: () => resyncs, close: () => live.close() };
}
const ours = (heard: readonly string[]) => heard.filter((name) => name.startsWith("told-"));

beforeAll(async () => {
  sim = await openSimulation({
    seed: "live",
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
    canCrash: true,
  });
  await sim.advance(3_000);
  const signedIn = await running(open("http://127.0.0.1:8092").login({ username: "admin", password: PASSWORD }));
  token = (signedIn as { access_token: string }).access_token;
});
afterAll(() => running(sim.services.stop()));

describe("the gateway restarted", () => {
  test("has people signed in as before, and views that hear everything once and in order", async () => {
    const page = view("http://127.0.0.1:8092", { sockets: false });
    await sim.advance(500);
    const before = await tellMany(5);
    await sim.advance(500);
    sim.kill(["s12"], 4_000);
    const away = await tellMany(50);
    await sim.advance(45_000);
    const after = await tellMany(5);
    await sim.advance(1_000);
    expect(ours(page.heard)).toEqual([...before, ...away, ...after]);
    expect(page.resyncs()).toBe(0);
    expect(page.phases.slice(0, 2)).toEqual(["connecting", "open"]);
    expect(page.phases.at(-1)).toBe("open");
    expect(page.phases).toContain("waiting");
    expect(await running(open("http://127.0.0.1:8092").whoAmI())).toMatchObject({ username: "admin" });
    page.close();
  });
  test("tells a view to ask anew where it no longer holds what that missed", async () => {
    const page = view("http://127.0.0.1:8092", { sockets: false });
    await sim.advance(500);
    await tellMany(1);
    sim.kill(["s12"], 4_000);
    for (let n = 0; n < 300; n++) await tell();
    await sim.advance(45_000);
    const after = await tellMany(1);
    expect([page.resyncs(), ours(page.heard).at(-1)]).toEqual([1, after[0] as string]);
    page.close();
  });
});

let served: ReturnType<typeof servePort>;
let url: string;
beforeAll(() => {
  served = servePort({ fetch: (request) => gateway().fetch(request) }, "the gateway", { port: 0 });
  url = `http://127.0.0.1:${served.port}`;
});
afterAll(() => served.stop());

interface Opened {
  frames: Record<string, unknown>[];
  closed: Promise<{ code: number; reason: string }>;
  socket: WebSocket;
}
function dial(query = "topics=alerts", headers: Record<string, string> = { authorization: `Bearer ${token}` }): Opened {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/events?${query}`, { headers } as never);
  const frames: Record<string, unknown>[] = [];
  socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  return { frames, closed, socket };
}
/** Virtual time passes until it holds; sockets are as slow as the machine. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Bun.nanoseconds() + 20e9;
  while (!holds() && Bun.nanoseconds() < deadline) await running(Bun.sleep(2));
  expect(holds()).toBe(true);
}

describe("over a WebSocket", () => {
  test("says hello, what happens, and goes on after the last event seen", async () => {
    const first = dial();
    await until(() => first.frames.length > 0);
    expect(first.frames[0]).toMatchObject({ event: "hello", data: { mode: "paper", venue: "Paper venue" } });
    const [one] = [await tell()];
    await until(() => first.frames.some(({ event }) => event === "alerts"));
    const seen = first.frames.findLast(({ event }) => event === "alerts") as { id: string; data: { event: object } };
    expect(seen.data.event).toMatchObject({ alert_id: one });
    first.socket.close();
    await running(first.closed);
    const [two] = [await tell()];
    const second = dial(`topics=alerts&after=${seen.id}`);
    await until(() => JSON.stringify(second.frames).includes(two));
    expect(second.frames.filter(({ event }) => event === "resync")).toEqual([]);
    second.socket.close();
    await running(second.closed);
  });
  test("is the client's own way, with the token beside the protocol", async () => {
    const page = view(url, { fetch: () => Promise.reject(new Error("no stream wanted")) });
    await until(() => page.phases.includes("open"));
    const name = await tell();
    await until(() => page.heard.includes(name));
    page.close();
  });
  test("carries market news of one instrument, the newest alone", async () => {
    const line = dial("topics=mkt:ticker&instrument=FUT:BTCUSDT");
    await until(() => line.frames.length > 0);
    const news = { exch_ts: 1, ts: 1, bid: "1", bid_qty: "1", ask: "2", ask_qty: "1", instrument: "FUT:BTCUSDT" };
    for (let seq = 1; seq <= 9; seq++) await sim.world.bus.publish(ticker, { ...news, seq }, { key: "FUT:BTCUSDT" });
    await until(() => line.frames.some(({ event }) => event === "mkt:ticker"));
    const heard = line.frames.filter(({ event }) => event === "mkt:ticker") as {
      id?: string;
      data: { event: object };
    }[];
    expect(heard.map(({ id, data }) => [id, (data.event as { seq: number }).seq])).toEqual([[undefined, 9]]);
    line.socket.close();
    await running(line.closed);
  });
});

describe("a WebSocket", () => {
  const refused: [string, string, Record<string, string>, number][] = [
    ["another site's page", "", { origin: "https://evil.example" }, 403],
    ["a page that has no origin", "", { origin: "null" }, 403],
    ["nobody", "", { authorization: "Bearer nothing" }, 401],
    ["a topic there is none of", "topics=nonsense", {}, 400],
  ];
  for (const [what, query, given, status] of refused) {
    test(`opens not for ${what}`, async () => {
      const headers = { authorization: `Bearer ${token}`, ...given };
      const line = dial(query, headers);
      await running(line.closed);
      expect(line.frames).toEqual([]);
      let isAccepted = false;
      const asked = new Request(`${url}/api/v1/events?${query}`, { headers: { ...headers, upgrade: "websocket" } });
      offerSocket(asked, () => {
        isAccepted = true;
        return true;
      });
      expect([(await running(gateway().fetch(asked))).status, isAccepted]).toEqual([status, false]);
    });
  }
  test("lets go who does not read, and says why", async () => {
    const closed: [number, string][] = [];
    let sent = 0;
    const asked = new Request(`${url}/api/v1/events?topics=alerts`, {
      headers: { authorization: `Bearer ${token}`, upgrade: "websocket" },
    });
    offerSocket(asked, (face) => {
      face.opened({
        send: (text) => {
          sent += text.length;
        },
        waiting: () => sent * 20_000,
        close: (code, reason) => closed.push([code, reason]),
      });
      return true;
    });
    await running(gateway().fetch(asked));
    await tellMany(10);
    expect(closed).toEqual([[1013, expect.stringContaining("Too slow")]]);
  });
  test("opens for our own page", async () => {
    const line = dial("topics=alerts", { authorization: `Bearer ${token}`, origin: url });
    await until(() => line.frames.length > 0);
    line.socket.close();
    await running(line.closed);
  });
  test("ends with the sign-in", async () => {
    const mine = (await running(open(url).login({ username: "admin", password: PASSWORD }))) as {
      access_token: string;
    };
    const line = dial("topics=alerts", { authorization: `Bearer ${mine.access_token}` });
    await until(() => line.frames.length > 0);
    await running(open(url, { token: mine.access_token }).logout());
    await sim.advance(16_000);
    expect(await running(line.closed)).toEqual({ code: 1001, reason: "The sign-in has ended." });
  });
});
