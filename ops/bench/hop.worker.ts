/**
 * One process of a bare chain from frame to order, for a benchmark: parse, hand on by Redis or HTTP, and nothing else.
 * Its order is given by argument; it says where it listens, then works until it is killed.
 */
import { Database } from "bun:sqlite";
import { createHmac } from "node:crypto";
import { Redis } from "ioredis";

export interface Hop {
  role: "exchange" | "feature" | "strategy" | "router";
  redisPort: number;
  /** Of the exchange's frames and orders; where the next process listens; where the disk is. */
  frames?: string;
  orders?: string;
  next?: string;
  folder?: string;
}

const FIRST = "hop:frames";
const SECOND = "hop:signals";
const GROUP = "hop";
const LEVELS = 5;
const LEAN = 0.6;
const ROW_BYTES = 2_000;
const BLOCK_MS = 1_000;

const hop = JSON.parse(process.argv[2] as string) as Hop;
const writer = new Redis({ port: hop.redisPort, enableAutoPipelining: true });
const reader = new Redis({ port: hop.redisPort });
type Frame = { b: [string, string][]; a: [string, string][] };

const post = (url: string, body: string) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).then((answer) => answer.text());

/** Frames into the first stream; an order when asked. */
function exchange(): number {
  const socket = new WebSocket(`${hop.frames}/public/stream?streams=ethusdt@depth@100ms`);
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data as string) as { data: Frame };
    void writer.xadd(FIRST, "MAXLEN", "~", 5_000, "*", "event", JSON.stringify(frame.data));
  });
  return serve(async (body) => {
    const order = `symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.006&price=${JSON.parse(body).price}`;
    const query = `${order}&recvWindow=5000&timestamp=${Date.now()}`;
    const signature = createHmac("sha256", "paper-secret").update(query).digest("hex");
    const answer = await fetch(`${hop.orders}/fapi/v1/order`, {
      method: "POST",
      headers: { "x-mbx-apikey": "paper-key", "content-type": "application/x-www-form-urlencoded" },
      body: `${query}&signature=${signature}`,
    });
    return answer.text();
  });
}

/** The first stream to the second, when the book begins to lean. */
async function feature(): Promise<void> {
  let last = "$";
  let leaning = false;
  for (;;) {
    const reply = await reader.xread("COUNT", 200, "BLOCK", BLOCK_MS, "STREAMS", FIRST, last);
    for (const [id, [, text]] of entriesOf(reply)) {
      last = id;
      const frame = JSON.parse(text as string) as Frame;
      const size = (side: [string, string][]) =>
        side.slice(0, LEVELS).reduce((sum, level) => sum + Number(level[1]), 0);
      const was = leaning;
      leaning = (size(frame.b) - size(frame.a)) / (size(frame.b) + size(frame.a)) >= LEAN;
      if (leaning && !was) void writer.xadd(SECOND, "*", "event", JSON.stringify({ price: frame.b[0]![0] }));
    }
  }
}

/** The second stream, by a group, to the router. */
async function strategy(): Promise<void> {
  await writer.xgroup("CREATE", SECOND, GROUP, "$", "MKSTREAM").catch(() => {});
  for (;;) {
    const read = ["COUNT", 100, "BLOCK", BLOCK_MS, "STREAMS", SECOND, ">"] as const;
    const reply = await reader.xreadgroup("GROUP", GROUP, "one", ...read);
    for (const [id, [, text]] of entriesOf(reply)) {
      void post(hop.next as string, text as string);
      void writer.xack(SECOND, GROUP, id);
    }
  }
}

/** Durable before it is handed on. */
function router(): number {
  const db = new Database(`${hop.folder}/hop.sqlite`);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run("CREATE TABLE IF NOT EXISTS reference (row TEXT)");
  const insert = db.prepare("INSERT INTO reference VALUES (?)");
  return serve((body) => {
    insert.run(body.padEnd(ROW_BYTES));
    return post(hop.next as string, body);
  });
}

const entriesOf = (reply: unknown): [string, string[]][] =>
  (reply as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];

function serve(answer: (body: string) => Promise<string>): number {
  const fetch = async (request: Request) => new Response(await answer(await request.text()));
  return Bun.serve({ hostname: "127.0.0.1", port: 0, fetch }).port as number;
}

const port = { exchange, router, feature: () => void feature(), strategy: () => void strategy() }[hop.role]();
process.stdout.write(`${port ?? 0}\n`);
