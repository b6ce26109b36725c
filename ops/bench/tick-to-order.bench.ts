/** Benchmark: from a market frame leaving the exchange to the order arriving there, beside a bare program doing both. */

import { Database } from "bun:sqlite";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { constellation } from "../../shared/kit/constellation.ts";
import type { Clock, Publish, Stream } from "../../shared/kit/ports.ts";
import { decisions, depth, signals } from "../../shared/streams.ts";
import { type EmbeddedWorld, embeddedWorld } from "../run/embedded.ts";
import { openFolder } from "../run/folder.ts";
import { loadServices } from "../services.ts";
import { readAll } from "../sim/pages.ts";
import { type Benchmark, type Result, type Row, summarise } from "./measure.ts";
import { BARE, clockMs, type Floor, noise, ORDER_PATH, OURS, openFloor, round } from "./trading-floor.ts";

const SAMPLES = 300;
const WARM_UPS = 60;
/** Background market frames a second. */
const BUSY_RATE = 2_000;
/** A machine that stands still for a moment makes features old or a result late, and the guards do their work. */
const MISSED_MAX = 20;
const READY_WAIT_MS = 30_000;
const ROW_BYTES = 2_000;

/** When each stage was reached in the latest round. */
class Stamps {
  readonly at: Record<string, number> = {};
  mark(stage: string): void {
    this.at[stage] ??= clockMs();
  }
  clear(): void {
    for (const stage of Object.keys(this.at)) delete this.at[stage];
  }
}
const STAGES = ["event published", "signal published", "intent to be stored", "intent stored", "order to be sent"];

/** The reference: parses the frame, and when the book leans signs an order and sends it. Nothing else. */
async function bareTrader(streamUrl: string, orderUrl: string): Promise<WebSocket> {
  const secret = "paper-secret";
  const socket = new WebSocket(`${streamUrl}/public/stream?streams=ethusdt@depth@100ms`);
  let leaning = false;
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data as string) as { data: { b: [string, string][]; a: [string, string][] } };
    let bids = 0;
    let asks = 0;
    for (let level = 0; level < 5; level++) {
      bids += Number(frame.data.b[level]![1]);
      asks += Number(frame.data.a[level]![1]);
    }
    const was = leaning;
    leaning = (bids - asks) / (bids + asks) >= 0.6;
    if (!leaning || was) return;
    const order = `symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.006&price=${frame.data.b[0]![0]}`;
    const query = `${order}&recvWindow=5000&timestamp=${Date.now()}`;
    const signature = createHmac("sha256", secret).update(query).digest("hex");
    void fetch(`${orderUrl}${ORDER_PATH}`, {
      method: "POST",
      headers: { "x-mbx-apikey": "paper-key", "content-type": "application/x-www-form-urlencoded" },
      body: `${query}&signature=${signature}`,
    }).then((response) => response.text());
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return socket;
}

/** Notes the stages that an event passes on its way; the work itself is left alone. */
function stamp(world: EmbeddedWorld, stamps: Stamps): void {
  const { bus, net } = world;
  const store = world.store("s04");
  const stages = new Map<string, string>([
    [depth.family, STAGES[0]!],
    [signals.family, STAGES[1]!],
    [decisions.family, "decision published"],
  ]);
  const publish = bus.publish.bind(bus);
  bus.publish = <E>(stream: Stream<E>, event: E, options?: Publish) => {
    const stage = stages.get(stream.family);
    if (stage !== undefined) stamps.mark(stage);
    return publish(stream, event, options);
  };
  const commit = store.commit.bind(store);
  store.commit = async (...args) => {
    stamps.mark(STAGES[2]!);
    const result = await commit(...args);
    stamps.mark(STAGES[3]!);
    return result;
  };
  const fetching = net.fetch.bind(net);
  net.fetch = (request) => {
    if (request.method === "POST" && request.url.endsWith(ORDER_PATH)) stamps.mark(STAGES[4]!);
    return fetching(request);
  };
}

/** µs of one small row that the disk has before the call returns. */
function durableInsert(path: string): () => number {
  const db = new Database(join(path, "reference.sqlite"));
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run("CREATE TABLE reference (row TEXT)");
  const insert = db.prepare("INSERT INTO reference VALUES (?)");
  const row = "x".repeat(ROW_BYTES);
  return () => {
    const begun = performance.now();
    insert.run(row);
    return 1_000 * (performance.now() - begun);
  };
}

interface Rig {
  world: EmbeddedWorld;
  /** Rounds without an order. */
  missed: number;
  floor: Floor;
  stamps: Stamps;
  insert(): number;
  stop(): Promise<void>;
}

/** The whole system on real sockets and a real folder, and the bare trader beside it. */
export async function openRig(clock: Clock): Promise<Rig> {
  const stops: (() => unknown)[] = [];
  const path = mkdtempSync(join(tmpdir(), "chimera-bench-"));
  stops.push(() => rmSync(path, { recursive: true, force: true }));
  const floor = await openFloor(clock);
  stops.push(() => floor.stop());
  const folder = openFolder(path, { mode: "paper", venue: "bench", account: "main" });
  const world = embeddedWorld({ clock, folder, env: floor.env, logLevel: "error" });
  stops.push(() => world.close());
  const stamps = new Stamps();
  stamp(world, stamps);
  const services = (await loadServices()).filter(({ id }) => id !== "s12");
  const all = await constellation(
    services,
    services.map(({ id }) => id),
    world,
  );
  stops.push(() => all.stop());
  await all.start();
  const bare = await bareTrader(floor.frames, floor.orders);
  stops.push(() => bare.close());
  return {
    world,
    missed: 0,
    floor,
    stamps,
    insert: durableInsert(path),
    async stop() {
      for (const each of stops.reverse()) await each();
    },
  };
}

/** µs from the leaning frame being sent to the order being there, with the stages on the way noted. */
function once({ floor, stamps }: Rig): Promise<number | undefined> {
  return round(floor, OURS, (sent) => {
    stamps.clear();
    stamps.at.sent = sent;
  });
}

/** Until the strategy's factors are there and an order comes; throws when it takes too long. */
export async function untilTrading(rig: Rig): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  for (let turn = 0; performance.now() < until; turn++) {
    for (let i = 0; i < 5; i++) rig.floor.market.murmur(OURS, turn * 5 + i);
    if ((await once(rig)) !== undefined) return;
  }
  throw new Error(`No order within ${READY_WAIT_MS} ms: ${await reasons(rig)}`);
}

/** Why signals brought no order, as the strategy engine wrote it down. */
async function reasons({ world }: Rig): Promise<string> {
  const made = await readAll(world.store("s03"), decisionsMade);
  const counts = new Map<string, number>();
  for (const { decision } of made) counts.set(decision.reason, (counts.get(decision.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} ${count}`).join(", ");
}

export async function measure(rig: Rig, what: string, rate: number): Promise<Row[]> {
  const quiet = noise(rig.floor, rate);
  const ours: number[] = [];
  const bare: number[] = [];
  const inserts: number[] = [];
  const parts = STAGES.map(() => [] as number[]);
  try {
    for (let turn = 0; turn < WARM_UPS + SAMPLES; turn++) {
      const took = await once(rig);
      if (took === undefined) {
        if (++rig.missed > MISSED_MAX) throw new Error(`Too many rounds without an order: ${await reasons(rig)}`);
        continue;
      }
      const { at } = rig.stamps;
      const reached = STAGES.map((stage) => 1_000 * ((at[stage] ?? Number.NaN) - at.sent!));
      const reference = await round(rig.floor, BARE);
      if (turn < WARM_UPS || reference === undefined) continue;
      ours.push(took);
      bare.push(reference);
      inserts.push(rig.insert());
      for (const [i, micros] of reached.entries()) parts[i]!.push(micros);
    }
  } finally {
    quiet();
  }
  return [
    summarise(`${what}: ours`, "µs", ours),
    ...STAGES.map((stage, i) => summarise(`  until ${stage}`, "µs", parts[i]!)),
    summarise(`${what}: one durable insert`, "µs", inserts),
    summarise(`${what}: bare`, "µs", bare),
  ];
}

export const benchmark: Benchmark = {
  what: "tick to order in one process: S1 S2 S3 S4 S1 with guards, budget and a durable intent, beside a bare program",
  async run(): Promise<Result> {
    const rig = await openRig(wallClock());
    try {
      await untilTrading(rig);
      const calm = await measure(rig, "calm", 100);
      const busy = await measure(rig, `${BUSY_RATE} frames a second`, BUSY_RATE);
      const missed =
        rig.missed === 0 ? [] : [`${rig.missed} rounds without an order; decisions: ${await reasons(rig)}`];
      const ratio = (rows: Row[]) => rows[0]!.median / rows.at(-1)!.median;
      return {
        rows: [...calm, ...busy],
        ratios: { "ours ÷ bare, calm, p50": ratio(calm), "ours ÷ bare, busy, p50": ratio(busy) },
        notes: [
          "stages count from the frame's sending; the exchange shares this process, its order entry has a thread of its own",
          "the intent is on disk before it is sent: the durable insert is what that disk (of TMPDIR) takes for one row",
          ...missed,
        ],
      };
    } finally {
      await rig.stop();
    }
  },
};
