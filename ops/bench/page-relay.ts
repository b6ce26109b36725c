/**
 * Stands between a browser and a running gateway: hands everything on, and tells live events of its own, as many a
 * second as wanted. A gateway joins market news to one per kind and instrument every 200 ms, so it never tells so many.
 */
import type { Server, ServerWebSocket } from "bun";
import { decisions, depth, marketTrade, ticker } from "../../shared/streams.ts";

interface Told {
  event: string;
  data: { key: string; ts: number; event: Record<string, unknown> };
}

/** A page that does nothing but show how many updates it heard, and of when the last was. */
const BARE = `<!doctype html><title>bare</title><div class="tape"><div class="tape-row"><time></time></div></div>
<p id="count"></p><script src="/bare.js"></script>`;
const BARE_SCRIPT = `
const count = document.getElementById("count");
const time = document.querySelector("time");
let heard = 0;
new WebSocket(location.origin.replace("http", "ws") + "/api/v1/events").onmessage = ({ data }) => {
  const { event, data: told } = JSON.parse(data);
  count.textContent = String(++heard);
  if (event === "${marketTrade.family}") time.dateTime = new Date(told.event.exch_ts).toISOString();
};`;

const WANTED = [marketTrade, depth, ticker].map(({ family }) => family);

/** A real event of each family of an instrument, and the last decision. `token` opens the gateway. */
export async function samplesOf(gateway: string, token: string, instrument: string): Promise<Map<string, Told>> {
  const samples = new Map<string, Told>();
  const ask = (path: string) =>
    fetch(new URL(`api/v1/${path}`, gateway), { headers: { authorization: `Bearer ${token}` } });
  const stream = (await ask(`events?instrument=${instrument}&topics=${WANTED.join(",")}`)).body;
  if (!stream) throw new Error("The gateway tells no live events.");
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (WANTED.some((family) => !samples.has(family))) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The gateway's live events ended.");
    text += value;
    for (const [, event = "", data = ""] of text.matchAll(/event: (\S+)\ndata: (.*)\n\n/g)) {
      const told = { event, data: JSON.parse(data) } as Told;
      if (told.data.key === instrument) samples.set(event, told);
    }
    text = text.slice(text.lastIndexOf("\n\n") + 1);
  }
  await reader.cancel();
  const { items } = (await (await ask("decisions?limit=1")).json()) as { items: Record<string, unknown>[] };
  const { family: event } = decisions;
  if (items[0]) samples.set(event, { event, data: { key: instrument, ts: 0, event: items[0] } });
  return samples;
}

const TICK_MS = 10;
/** Of a hundred updates; the rest are best prices. Decisions come ten a second. */
const TRADES_OF_100 = 60;
const DEPTHS_OF_100 = 20;
const DECISIONS_A_SECOND = 10;

export class PageRelay {
  /** Updates a second to every open page. */
  rate = 0;
  sent = 0;
  readonly #server: Server<undefined>;
  readonly #gateway: string;
  readonly #samples: ReadonlyMap<string, Told>;
  readonly #pages = new Set<ServerWebSocket<undefined>>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** `samples`: a real event of each family; those told are like them. */
  constructor(gateway: string, samples: ReadonlyMap<string, Told>) {
    this.#gateway = gateway;
    this.#samples = samples;
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => this.#answer(request, server),
      websocket: {
        open: (socket) => {
          const hello = { now: Date.now(), mode: "paper", venue: "Paper venue", approvals: "single" };
          socket.send(JSON.stringify({ event: "hello", data: hello }));
          this.#pages.add(socket);
        },
        close: (socket) => void this.#pages.delete(socket),
        message: () => {},
      },
    });
    this.#timer = setInterval(() => this.#tell(), TICK_MS);
  }

  get address(): string {
    return this.#server.url.href;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server.stop(true);
  }

  #answer(request: Request, server: Server<undefined>): Promise<Response> | Response | undefined {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/bare") return new Response(BARE, { headers: { "content-type": "text/html" } });
    if (pathname === "/bare.js") return new Response(BARE_SCRIPT, { headers: { "content-type": "text/javascript" } });
    if (pathname === "/api/v1/events") {
      const asked = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
      const headers: Record<string, string> = asked ? { "sec-websocket-protocol": asked } : {};
      return server.upgrade(request, { headers, data: undefined }) ? undefined : new Response(null, { status: 426 });
    }
    return this.#handOn(request, pathname + search);
  }

  async #handOn(request: Request, path: string): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.delete("host");
    const hasBody = request.method !== "GET" && request.method !== "HEAD";
    const init = { method: request.method, headers, ...(hasBody && { body: await request.arrayBuffer() }) };
    const answer = await fetch(new URL(path, this.#gateway), { ...init, redirect: "manual" });
    const given = new Headers(answer.headers);
    // The body comes unpacked.
    for (const name of ["content-encoding", "content-length", "transfer-encoding"]) given.delete(name);
    return new Response(answer.body, { status: answer.status, headers: given });
  }

  #tell(): void {
    if (this.#pages.size === 0) return;
    const before = this.sent;
    const count = (this.rate * TICK_MS) / 1_000;
    for (let i = 0; i < count; i++) this.#send(this.#familyOf(this.sent % 100));
    const each = this.rate / DECISIONS_A_SECOND;
    if (this.rate > 0 && Math.floor(before / each) !== Math.floor(this.sent / each)) this.#send(decisions.family);
  }

  #familyOf(place: number): string {
    if (place < TRADES_OF_100) return marketTrade.family;
    return (place < TRADES_OF_100 + DEPTHS_OF_100 ? depth : ticker).family;
  }

  #send(family: string): void {
    const sample = this.#samples.get(family);
    const nth = ++this.sent;
    if (!sample) return;
    const now = Date.now();
    const event = { ...sample.data.event, ts: now, exch_ts: now, ...changed(sample.data.event, nth) };
    const text = JSON.stringify({ event: sample.event, data: { key: sample.data.key, ts: now, event } });
    for (const page of this.#pages) page.send(text);
  }
}

/** What makes each event another: prices move up and down, sizes change, ids are new. */
function changed(event: Record<string, unknown>, nth: number): Record<string, unknown> {
  const move = 1 + Math.sin(nth / 500) / 1_000;
  const price = (text: unknown) => (Number(text) * move).toFixed(1);
  const level = ([at, size]: [string, string], i: number) => [price(at), ((Number(size) * 7 + nth + i) % 9).toFixed(3)];
  const side = (name: string) => (event[name] as [string, string][]).map(level);
  if ("bids" in event) return { seq: Number(event.seq) + nth, bids: side("bids"), asks: side("asks") };
  if ("trade_id" in event)
    return { trade_id: `bench-${nth}`, price: price(event.price), taker: nth % 3 ? "BUY" : "SELL" };
  if ("bid" in event) return { seq: Number(event.seq) + nth, bid: price(event.bid), ask: price(event.ask) };
  return { signal_id: `bench-${nth}` };
}
