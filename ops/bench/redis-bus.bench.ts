/** Benchmark: the bus on Redis Streams beside bare ioredis doing the same: messages a second, and one-way latency. */
import { Redis } from "ioredis";
import { wallClock } from "../../shared/adapters/clock.ts";
import { RedisBus } from "../../shared/adapters/redis/bus.ts";
import type { Ticker } from "../../shared/domain/market.ts";
import type { Stream } from "../../shared/kit/ports.ts";
import { type AccountEvent, accountEvents, ticker } from "../../shared/streams.ts";
import { hasRedis, RedisServer } from "../../shared/testing/redis-server.ts";
import { type Benchmark, type Contender, inTurns, type Row, skipped, summarise } from "./measure.ts";

const MESSAGES = 20_000;
const IN_FLIGHT = 128;
const REPEATS = 5;
const PACED = 1_500;
const PACE_MS = 2;
const KEY = "FUT:BTCUSDT";
const GROUP = "s04";

const reliableEvent = (n: number): AccountEvent => ({
  kind: "execution",
  account: "main",
  instrument: KEY,
  client_order_id: `ch-${n}`,
  order_id: "8886774",
  status: "FILLED",
  side: "BUY",
  type: "LIMIT",
  filled_qty: "0.012",
  avg_price: "60001.5",
  fill: {
    ...{ fill_id: String(n), price: "60001.5", qty: "0.012", fee: "0.0144", fee_asset: "USDT", maker: true },
    realised_usdt: "0",
  },
  exch_ts: 1_700_000_000_000 + n,
  ts: 1_700_000_000_001 + n,
});
const lossyEvent = (n: number): Ticker => ({
  instrument: KEY,
  exch_ts: 1_700_000_000_000 + n,
  ts: 1_700_000_000_001 + n,
  seq: n,
  bid: "60001.4",
  bid_qty: "3.2",
  ask: "60001.5",
  ask_qty: "1.1",
});

/** One way of sending events to itself through a server. */
interface Line {
  send(n: number): Promise<unknown>;
  onHeard(heard: (n: number) => void): void;
  close(): Promise<void>;
}

const through = <E>(stream: Stream<E>, event: (n: number) => E, of: (event: E) => number) => {
  return async (url: string): Promise<Line> => {
    const bus = new RedisBus({ redis: { url }, clock: wallClock() });
    let heard: (n: number) => void = () => {};
    const handle = (message: { event: Readonly<E> }) => heard(of(message.event as E));
    bus.subscribe(stream, { group: GROUP, consumer: "bench", handle });
    let sent = 0;
    return {
      send: (n) =>
        bus.publish(stream, event(n), stream.mode === "lossy" ? { key: KEY } : { key: KEY, id: `b-${++sent}` }),
      onHeard(listener) {
        heard = listener;
      },
      close: () => bus.close(),
    };
  };
};

/** What a program without a bus would do: XADD, XREADGROUP, XACK of what was read; or XADD and XREAD. */
const bare = (name: string, event: (n: number) => unknown, grouped: boolean) => {
  return async (url: string): Promise<Line> => {
    const port = Number(new URL(url).port);
    const writer = new Redis({ port, enableAutoPipelining: true });
    const reader = new Redis({ port });
    if (grouped) await writer.xgroup("CREATE", name, GROUP, "0", "MKSTREAM");
    let heard: (n: number) => void = () => {};
    let open = true;
    let last = "0";
    const read = async (): Promise<[string, string[]][]> => {
      const reply = grouped
        ? await reader.xreadgroup("GROUP", GROUP, "bench", "COUNT", 100, "BLOCK", 500, "STREAMS", name, ">")
        : await reader.xread("COUNT", 100, "BLOCK", 500, "STREAMS", name, last);
      return (reply as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];
    };
    const running = (async () => {
      while (open) {
        const entries = await read();
        for (const [, [, body]] of entries) heard(JSON.parse(body!).ts - 1_700_000_000_001);
        last = entries.at(-1)?.[0] ?? last;
        if (grouped && entries.length > 0) void writer.xack(name, GROUP, ...entries.map(([id]) => id));
      }
    })();
    return {
      send: (n) => writer.xadd(name, "MAXLEN", "~", 100_000, "*", "event", JSON.stringify(event(n))),
      onHeard(listener) {
        heard = listener;
      },
      async close() {
        open = false;
        await running;
        writer.disconnect();
        reader.disconnect();
      },
    };
  };
};

type Open = (url: string) => Promise<Line>;

/** Messages a second from the first sent to the last heard; every one must be heard. */
async function throughput(open: Open, server: RedisServer): Promise<number> {
  await server.cli("FLUSHALL");
  const line = await open(server.url);
  const all = Promise.withResolvers<void>();
  let heard = 0;
  line.onHeard(() => {
    if (++heard === MESSAGES + 1) all.resolve();
  });
  await line.send(0);
  const from = performance.now();
  let next = 1;
  const sender = async () => {
    while (next <= MESSAGES) {
      await line.send(next++);
      // A lossy line does not wait for the server, and leaves out what a reader is too far behind to want.
      while (next - heard > IN_FLIGHT) await Bun.sleep(0);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  await all.promise;
  const seconds = (performance.now() - from) / 1_000;
  await line.close();
  return MESSAGES / seconds;
}

/** Ms from before it is sent until it is heard, a few hundred a second. */
async function latencies(open: Open, server: RedisServer): Promise<number[]> {
  await server.cli("FLUSHALL");
  const line = await open(server.url);
  const sentAt: number[] = [];
  const waits: number[] = [];
  line.onHeard((n) => waits.push(performance.now() - sentAt[n]!));
  for (let n = 0; n < PACED; n++) {
    sentAt[n] = performance.now();
    void line.send(n);
    await Bun.sleep(PACE_MS);
  }
  while (waits.length < PACED) await Bun.sleep(1);
  await line.close();
  return waits.slice(PACED / 10);
}

const LINES: readonly [string, Open][] = [
  ["reliable, the bus", through(accountEvents, reliableEvent, (event) => event.ts - 1_700_000_000_001)],
  ["reliable, bare ioredis", bare("bare:reliable", reliableEvent, true)],
  ["lossy, the bus", through(ticker, lossyEvent, (event) => event.seq)],
  ["lossy, bare ioredis", bare("bare:lossy", lossyEvent, false)],
];

async function measure(server: RedisServer): Promise<{ rows: Row[]; ratios: Record<string, number> }> {
  const contenders = LINES.map(([what, open]): Contender => ({ what, once: () => throughput(open, server) }));
  const rates = await inTurns(contenders, { unit: "messages/s", repeats: REPEATS });
  const waits: Row[] = [];
  for (const [what, open] of LINES) waits.push(summarise(what, "ms one way", await latencies(open, server)));
  const ratio = (rows: Row[], at: number) => rows[at]!.median / rows[at + 1]!.median;
  return {
    rows: [...rates, ...waits],
    ratios: {
      "throughput, bus ÷ bare, reliable": ratio(rates, 0),
      "throughput, bus ÷ bare, lossy": ratio(rates, 2),
      "latency, bus ÷ bare, reliable": ratio(waits, 0),
      "latency, bus ÷ bare, lossy": ratio(waits, 2),
    },
  };
}

export const benchmark: Benchmark = {
  what: "Redis bus: messages a second and one-way latency, beside bare ioredis on the same server",
  async run() {
    if (!hasRedis) return skipped("needs redis-server");
    const server = await RedisServer.start();
    try {
      const notes = [
        "sender and receiver are one process; the bus also checks every event's shape, adds each id once, keeps the order",
        `throughput: ${MESSAGES} messages, ${IN_FLIGHT} on their way at once; latency: one message each ${PACE_MS} ms`,
      ];
      return { ...(await measure(server)), notes };
    } finally {
      await server.stop();
    }
  },
};
