/** Recorded candles and events for tests, from the folder that CHIMERA_MARKET_DATA names. */
import { type MarketEvent, tickerAt, tradeAt } from "../../testing/market-events.ts";
import type { Bar } from "./bars.ts";

export const RECORDINGS = process.env.CHIMERA_MARKET_DATA;

const unpacked = async (path: string): Promise<string[]> => {
  const packed = await Bun.file(`${RECORDINGS}/${path}.gz`).bytes();
  return new TextDecoder().decode(Bun.gunzipSync(packed)).trim().split("\n");
};

/** The first run of so many bars without a hole. */
export async function recordedBars(name: string, ms: number, count: number): Promise<Bar[]> {
  const [head, ...lines] = await unpacked(`klines/${name}.csv`);
  const columns = head!.split(",");
  const run: Bar[] = [];
  for (const line of lines) {
    const cells = line.split(",");
    const cell = (column: string) => Number(cells[columns.indexOf(column)]);
    const openTs = cell("ts");
    if (run.length > 0 && run.at(-1)!.endTs !== openTs) run.length = 0;
    const [open, high, low, close, volume] = ["open", "high", "low", "close", "volume"].map(cell) as number[];
    const shape = { open: open!, high: high!, low: low!, close: close! };
    run.push({ openTs, endTs: openTs + ms, ...shape, volume: volume!, quoteVolume: volume! * close!, trades: 1 });
    if (run.length === count) return run;
  }
  throw new Error(`${name} has no ${count} bars without a hole`);
}

interface Raw {
  stream?: string;
  data: Record<"b" | "B" | "a" | "A" | "p" | "q", string> & { T: number; m: boolean };
}

/** Best quotes and trades, in order of arrival. */
export async function recordedEvents(name: string): Promise<MarketEvent[]> {
  const lines = await unpacked(`depth/${name}`);
  return lines.flatMap((line): MarketEvent[] => {
    const { stream, data }: Raw = JSON.parse(line.slice(line.indexOf(" ") + 1));
    if (stream?.endsWith("@bookTicker")) {
      return [{ kind: "ticker", event: tickerAt(data.T, [data.b, data.B, data.a, data.A]) }];
    }
    if (!stream?.endsWith("@trade")) return [];
    return [{ kind: "trade", event: tradeAt(data.T, data.p, data.q, data.m ? "SELL" : "BUY") }];
  });
}
