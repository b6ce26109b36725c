/** Benchmark: messages out per second to fifty WebSocket clients of one stream, beside bare Bun sending the same texts. */

import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { MarketHooks, MarketModel } from "../venue/market.ts";
import { quietMarket } from "../venue/quiet.ts";
import { serveVenue } from "../venue/server.ts";
import { createVenue } from "../venue/venue.ts";
import { type Benchmark, inTurns, type Result } from "./measure.ts";

const CLIENTS = 50;
const FRAMES = 4_000;
const REPEATS = 7;
const STREAM = "btcusdt@depth@100ms";
const LEVELS = 10;

/** Book changes of ten levels a side, as spot tells them. */
function frames(): string[] {
  return Array.from({ length: FRAMES }, (_, i) => {
    const side = (from: number) =>
      Array.from({ length: LEVELS }, (_, level) => [
        `${from + level}.10000000`,
        `0.${1_000 + ((i + level) % 9_000)}0000`,
      ]);
    return JSON.stringify({ e: "depthUpdate", E: 1, s: "BTCUSDT", U: i, u: i, b: side(59_000), a: side(60_000) });
  });
}

/** The clients of one server, in a thread of their own. */
class Crowd {
  private readonly worker = new Worker(new URL("./venue-streams.worker.ts", import.meta.url).href);

  private said(what: string): Promise<void> {
    return new Promise((resolve) => {
      this.worker.addEventListener("message", ({ data }) => {
        if (data === what) resolve();
      });
    });
  }

  async connect(url: string): Promise<void> {
    const done = this.said("connected");
    this.worker.postMessage({ connect: url });
    await done;
  }

  /** Messages a second, from the first sent to the last heard. */
  async measure(send: () => void): Promise<number> {
    const ready = this.said("ready");
    this.worker.postMessage({ expect: FRAMES });
    await ready;
    const heard = this.said("heard");
    const start = performance.now();
    send();
    await heard;
    return (FRAMES * CLIENTS) / ((performance.now() - start) / 1_000);
  }

  end(): void {
    this.worker.terminate();
  }
}

/** A quiet market whose frames this benchmark sends itself. */
function scripted(): { market: MarketModel; hooks: () => MarketHooks } {
  const quiet = quietMarket(defaultListings(), wallClock());
  let taken: MarketHooks | undefined;
  const start = (hooks: MarketHooks): void => {
    taken = hooks;
    quiet.start(hooks);
  };
  return { market: { ...quiet, start }, hooks: () => taken as MarketHooks };
}

async function run(): Promise<Result> {
  const texts = frames();
  const { market, hooks } = scripted();
  const venue = createVenue({ clock: wallClock(), random: systemRandom(), market });
  await venue.start();
  const served = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
  const sockets = new Set<Bun.ServerWebSocket<undefined>>();
  const bare = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("", { status: 400 })),
    websocket: {
      open: (socket) => {
        sockets.add(socket as Bun.ServerWebSocket<undefined>);
        socket.subscribe("all");
      },
      message: () => {},
    },
  });
  const crowds = [new Crowd(), new Crowd()] as const;
  await crowds[0].connect(`ws://127.0.0.1:${served.ports.spot}/ws/${STREAM}`);
  await crowds[1].connect(`ws://127.0.0.1:${bare.port}/`);
  const byVenue = (): void => {
    for (const text of texts) hooks().frame("SPOT:BTCUSDT", "depth", text, 1);
  };
  const byLoop = (): void => {
    for (const text of texts) for (const socket of sockets) socket.send(text);
  };
  const byTopic = (): void => {
    for (const text of texts) bare.publish("all", text);
  };
  const rows = await inTurns(
    [
      { what: "venue, one stream", once: () => crowds[0].measure(byVenue) },
      { what: "bare Bun, a loop of sends", once: () => crowds[1].measure(byLoop) },
      { what: "bare Bun, its own topics", once: () => crowds[1].measure(byTopic) },
    ],
    { unit: "messages/s", repeats: REPEATS },
  );
  for (const crowd of crowds) crowd.end();
  await Promise.all([served.stop(), bare.stop(true), venue.stop()]);
  const [ours, loop, topic] = rows.map((row) => row.median);
  const ratios = { "venue to a loop of sends": ours! / loop!, "venue to Bun's topics": ours! / topic! };
  const bytes = texts[0]?.length ?? 0;
  return { rows, ratios, notes: [`${CLIENTS} clients in one thread, ${FRAMES} frames of ${bytes} bytes a turn`] };
}

export const benchmark: Benchmark = {
  what: "messages out to fifty WebSocket clients, beside bare Bun",
  run,
};
