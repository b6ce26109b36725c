/** An exchange that a benchmark plays: a market moved by hand, and a door that notes when an order arrives. */
import { systemRandom } from "../../shared/adapters/random.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { serveVenue } from "../venue/server.ts";
import { createVenue } from "../venue/venue.ts";
import { ScriptedMarket } from "./scripted-market.ts";

/** The system trades the one, the reference the other. */
export const OURS = "FUT:BTCUSDT";
export const BARE = "FUT:ETHUSDT";
export const ORDER_PATH = "/fapi/v1/order";
const PAUSE_MS = 20;
const ORDER_WAIT_MS = 1_000;
const MARK_EVERY_MS = 500;

/** One instrument whose strategy opens whenever the book leans. */
const bundle = {
  format: 1,
  bundle_id: "tick-to-order",
  rev: 1,
  factors: ["mid", "microprice", "spread_bps", "depth_top1_usdt", "depth_top3_usdt", "obi_1", "obi_5", "obi_10"].concat(
    ["trade_imb_10s", "ret_10s", "atr_14_1m", "ema_8_1m", "rsi_14_1m", "funding_rate"],
  ),
  instruments: [{ instrument: OURS }],
  strategies: [
    {
      strategy_id: "lean",
      instruments: [OURS],
      triggers: [{ kind: "cross", factor: "obi_5", level: 0.6, direction: "up", cooldown_ms: 0 }],
      long: {
        allOf: [
          { f: "obi_5", op: ">=", v: 0.6 },
          { f: "rsi_14_1m", op: "<=", v: 90 },
        ],
      },
      sizing: { atr: "atr_14_1m", take_profit_roe: 0.02 },
    },
  ],
  // Takers at once: one order a round.
  flags: { execution: { maker_spread_bps_max: 0, twap_slices: [] } },
};

/** Milliseconds that mean the same in every thread of this process. */
export const clockMs = (): number => performance.timeOrigin + performance.now();

/** The exchange's front door: notes when an order arrives and passes everything on to the venue. */
async function orderGate(target: string) {
  const worker = new Worker(new URL("./order-gate.worker.ts", import.meta.url).href);
  let arrived: ((at: number) => void) | undefined;
  const port = await new Promise<number>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<{ port?: number; at?: number }>) => {
      if (data.port !== undefined) resolve(data.port);
      if (data.at !== undefined) arrived?.(data.at);
    };
    worker.postMessage({ target, own: "ETHUSDT" });
  });
  /** When the next order arrives; nothing when none comes in time. */
  const order = () =>
    new Promise<number | undefined>((resolve) => {
      const late = setTimeout(() => resolve(undefined), ORDER_WAIT_MS);
      arrived = (at) => {
        clearTimeout(late);
        arrived = undefined;
        resolve(at);
      };
    });
  return { url: `http://127.0.0.1:${port}`, order, stop: () => worker.terminate() };
}

export interface Floor {
  market: ScriptedMarket;
  /** Where orders go, and where frames come from. */
  orders: string;
  frames: string;
  /** What the system is to read as its environment. */
  env: Record<string, string>;
  /** When the next order arrives; nothing when none comes in time. */
  order(): Promise<number | undefined>;
  stop(): Promise<void>;
}

export async function openFloor(clock: Clock): Promise<Floor> {
  const market = new ScriptedMarket(clock);
  const venue = createVenue({ clock, random: systemRandom(), market });
  await venue.start();
  const { ports, stop } = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
  const gate = await orderGate(`http://127.0.0.1:${ports.um}`);
  const marks = setInterval(() => market.tellMark(OURS), MARK_EVERY_MS);
  const frames = `ws://127.0.0.1:${ports.um}`;
  return {
    ...{ market, frames, orders: gate.url, order: gate.order },
    env: {
      CHIMERA_VENUE_SPOT_URL: `http://127.0.0.1:${ports.spot}`,
      CHIMERA_VENUE_SPOT_WS_URL: `ws://127.0.0.1:${ports.spot}`,
      CHIMERA_VENUE_SPOT_API_WS_URL: `ws://127.0.0.1:${ports.spot}/ws-api/v3`,
      CHIMERA_VENUE_FUT_URL: gate.url,
      CHIMERA_VENUE_FUT_WS_URL: frames,
      CHIMERA_MODE: "paper",
      CHIMERA_BUNDLE_TEXT: JSON.stringify(bundle),
    },
    async stop() {
      clearInterval(marks);
      gate.stop();
      await stop();
      await venue.stop();
    },
  };
}

/** µs from the leaning frame being sent to the order being there; nothing when none came. */
export async function round(
  { market, order }: Floor,
  instrument: typeof OURS | typeof BARE,
  sending: (at: number) => void = () => {},
): Promise<number | undefined> {
  market.lean(instrument, false);
  await Bun.sleep(PAUSE_MS);
  const coming = order();
  const sent = clockMs();
  sending(sent);
  market.lean(instrument, true);
  const arrived = await coming;
  return arrived === undefined ? undefined : 1_000 * (arrived - sent);
}

/** So many frames a second besides, until the answer is called. */
export function noise({ market }: Floor, rate: number): () => void {
  let turn = 0;
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) * rate) / 1_000;
    while (turn < due) market.murmur(OURS, turn++);
  }, 1);
  return () => clearInterval(timer);
}
