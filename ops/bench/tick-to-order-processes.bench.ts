/** Benchmark: tick to order through one process per service on Redis, beside bare processes that make the same hops. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { orders } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { startOrder } from "../../shared/kit/constellation.ts";
import { ROOT } from "../build.ts";
import { openFolder, storeFiles } from "../run/folder.ts";
import { hasRedisServer, ownRedis } from "../run/own-redis.ts";
import { type Program, supervise } from "../run/supervise.ts";
import { loadServices } from "../services.ts";
import { readAll } from "../sim/pages.ts";
import type { Hop } from "./hop.worker.ts";
import { type Benchmark, type Result, type Row, skipped, summarise } from "./measure.ts";
import { measure as measureInOne, openRig as openInOne, untilTrading } from "./tick-to-order.bench.ts";
import { BARE, type Floor, noise, OURS, openFloor, round } from "./trading-floor.ts";

const SAMPLES = 300;
const WARM_UPS = 60;
const RATES = [100, 1_000];
const READY_WAIT_MS = 60_000;
/** A machine that stands still for a moment makes features old or a result late, and the guards do their work. */
const MISSED_MAX = 40;
const PORT_OFFSET = 23_000;
const PROCESSES = "ours, one process per service";
const HOPS = "bare hops, four processes";
const ONE = "ours, all in one process";

/** Every service as a process, trading on the floor. */
async function startServices(floor: Floor, { path, redis }: Place): Promise<() => Promise<void>> {
  const services = await loadServices();
  const urls = services.map(({ id, port }) => [
    `CHIMERA_URL_${id.toUpperCase()}`,
    `http://127.0.0.1:${port + PORT_OFFSET}`,
  ]);
  const env = {
    ...process.env,
    ...Object.fromEntries(urls),
    ...floor.env,
    CHIMERA_DATA: path,
    CHIMERA_REDIS_URL: redis.url,
    CHIMERA_PORT_OFFSET: String(PORT_OFFSET),
    CHIMERA_VENUE_KIND: "bench",
    CHIMERA_LOG: "error",
    CHIMERA_ADMIN_PASSWORD: "a long enough password",
    CHIMERA_WEB_FOLDER: join(path, "web"),
  };
  const programs = startOrder(services).map((id): Program => {
    const { name } = services.find((service) => service.id === id)!;
    return { name, command: [process.execPath, join(ROOT, "services/run.ts"), name], env };
  });
  return (await supervise(programs)).stop;
}

interface Place {
  path: string;
  redis: Awaited<ReturnType<typeof ownRedis>>;
}

/** The bare chain: exchange → feature → strategy by Redis, strategy → router → exchange by HTTP, then the order. */
async function startHops(floor: Floor, { path, redis }: Place): Promise<() => void> {
  const children: ReturnType<typeof Bun.spawn>[] = [];
  const start = async (hop: Omit<Hop, "redisPort">): Promise<string> => {
    const about = JSON.stringify({ ...hop, redisPort: Number(new URL(redis.url).port) } satisfies Hop);
    const command = [process.execPath, join(import.meta.dir, "hop.worker.ts"), about];
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    children.push(child);
    for await (const chunk of child.stdout) return `http://127.0.0.1:${Number(new TextDecoder().decode(chunk))}`;
    throw new Error(`the ${hop.role} of the bare chain did not start`);
  };
  const exchange = await start({ role: "exchange", frames: floor.frames, orders: floor.orders });
  const router = await start({ role: "router", next: exchange, folder: path });
  await start({ role: "strategy", next: router });
  await start({ role: "feature" });
  return () => {
    for (const child of children) child.kill();
  };
}

/** Until both chains bring orders. */
async function untilBothTrade(floor: Floor): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  for (let turn = 0; performance.now() < until; turn++) {
    for (let i = 0; i < 5; i++) floor.market.murmur(OURS, turn * 5 + i);
    if ((await round(floor, OURS)) !== undefined && (await round(floor, BARE)) !== undefined) return;
  }
  throw new Error(`No order of both within ${READY_WAIT_MS} ms`);
}

/** When a round's frame left and its order arrived, epoch ms. */
type Span = readonly [from: number, to: number];

/** Where the time went, as the services wrote it down: whole milliseconds, from the frame's leaving. */
async function stages(path: string, spans: readonly Span[]): Promise<Row[]> {
  const folder = openFolder(path, { mode: "paper", venue: "bench", account: "main" });
  const store = openReadOnly({ owner: "s03", collections: COLLECTIONS, files: (owner) => storeFiles(folder, owner) });
  try {
    const [seen, made] = [await readAll(store, signalsSeen), await readAll(store, decisionsMade)];
    const sent = await readAll(store, orders);
    const waits = spans.flatMap(([from, to]) => {
      const signal = seen.find(({ ts }) => ts >= Math.floor(from) && ts <= to);
      const decision = made.find(({ signal_id }) => signal_id === signal?.signal_id);
      const order = sent.find(({ created_at }) => created_at >= Math.floor(from) && created_at <= to);
      if (!signal || !decision || order?.sent_at === undefined) return [];
      return [[signal.ts, decision.ts, order.created_at, order.sent_at].map((at) => 1_000 * (at - from))];
    });
    const names = ["signal made", "decided", "order built by the router", "order given to the exchange service"];
    return names.map((name, at) =>
      summarise(
        `  until ${name}`,
        "µs",
        waits.map((each) => each[at] as number),
      ),
    );
  } finally {
    await store.close();
  }
}

async function measure(floor: Floor, rate: number, path: string): Promise<Row[]> {
  const ours: number[] = [];
  const spans: Span[] = [];
  const bare: number[] = [];
  let missed = 0;
  const quiet = noise(floor, rate);
  try {
    for (let turn = 0; turn < WARM_UPS + SAMPLES; turn++) {
      let from = 0;
      const took = await round(floor, OURS, (at) => {
        from = at;
      });
      const reference = await round(floor, BARE);
      if (took === undefined || reference === undefined) {
        if (++missed > MISSED_MAX) throw new Error("Too many rounds without an order");
      } else if (turn >= WARM_UPS) {
        ours.push(took);
        bare.push(reference);
        spans.push([from, from + took / 1_000]);
      }
    }
  } finally {
    quiet();
  }
  const what = `${rate} frames a second`;
  return [
    summarise(`${what}: ${PROCESSES}`, "µs", ours),
    summarise(`${what}: ${HOPS}`, "µs", bare),
    ...(await stages(path, spans)),
  ];
}

async function inProcesses(): Promise<Row[]> {
  const path = mkdtempSync(join(tmpdir(), "chimera-bench-"));
  const stops: (() => unknown)[] = [() => rmSync(path, { recursive: true, force: true })];
  try {
    mkdirSync(join(path, "web"));
    const floor = await openFloor(wallClock());
    stops.push(() => floor.stop());
    const place = { path, redis: await ownRedis(path) };
    const server = await supervise([place.redis.program]);
    stops.push(() => server.stop());
    stops.push(await startServices(floor, place));
    stops.push(await startHops(floor, place));
    await untilBothTrade(floor);
    const rows: Row[] = [];
    for (const rate of RATES) rows.push(...(await measure(floor, rate, path)));
    return rows;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** The same in one process, right after, on the same machine. */
async function inOneProcess(): Promise<Row[]> {
  const rig = await openInOne(wallClock());
  try {
    await untilTrading(rig);
    const rows: Row[] = [];
    for (const rate of RATES) {
      const [ours] = await measureInOne(rig, `${rate} frames a second`, rate);
      rows.push({ ...(ours as Row), what: `${rate} frames a second: ${ONE}` });
    }
    return rows;
  } finally {
    await rig.stop();
  }
}

export const benchmark: Benchmark = {
  what: "tick to order across processes: one per service on Redis, beside bare processes with the same hops",
  async run(): Promise<Result> {
    if (!hasRedisServer()) return skipped("needs redis-server");
    const rows = [...(await inProcesses()), ...(await inOneProcess())];
    const median = (what: string) => rows.find((row) => row.what === what)?.median ?? Number.NaN;
    const of = (rate: number, what: string) => median(`${rate} frames a second: ${what}`);
    return {
      rows,
      ratios: Object.fromEntries(
        RATES.flatMap((rate) => [
          [`ours ÷ bare, ${rate} frames a second, p50`, of(rate, PROCESSES) / of(rate, HOPS)],
          [`processes ÷ one process, ${rate} frames a second, p50`, of(rate, PROCESSES) / of(rate, ONE)],
        ]),
      ),
      notes: [
        "from the frame's leaving the exchange to the order's arrival there, by one clock: the exchange is this process,",
        "its order entry a thread of it; bare: frame → Redis → Redis group → HTTP → durable insert → HTTP → signed order",
      ],
    };
  },
};
