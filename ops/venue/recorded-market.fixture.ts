/** A little recorded futures market as a recorder writes it: books that walk, tickers that follow them, trades. */
import { seededRandom } from "../../shared/adapters/random.ts";
import type { Random } from "../../shared/kit/ports.ts";

interface Wanted {
  symbols: readonly string[];
  /** Epoch ms of the first line. */
  begins: number;
  seconds: number;
}

/** Between two changes of one book. */
const STEP_MS = 40;
const TICK = 0.1;
const LEVELS = 5;
/** A recorder's own clock stands a little beside the exchange's, and messages take their time. */
const RECEIVED_LATE_MS = 3;

/** Lines in order of time; the same arguments give the same lines. */
export function recordedMarket({ symbols, begins, seconds }: Wanted): string[] {
  const lines: { ms: number; text: string }[] = [];
  symbols.forEach((symbol, nth) => {
    const random = seededRandom(`recorded ${symbol}`);
    const book = new WalkingBook(symbol, Math.round(20_000 / (nth + 1)) * 10, random);
    for (let ms = 7 * nth; ms < seconds * 1_000; ms += STEP_MS) {
      for (const [after, stream, data] of book.step(begins + ms)) {
        const name = `${symbol.toLowerCase()}@${stream}`;
        const received = begins + ms + after + RECEIVED_LATE_MS + random.int(4);
        lines.push({ ms: received, text: JSON.stringify({ stream: name, data }) });
      }
    }
  });
  lines.sort((a, b) => a.ms - b.ms);
  return lines.map(({ ms, text }) => `${ms}000000 ${text}`);
}

type Message = [afterMs: number, stream: string, data: object];

class WalkingBook {
  private readonly symbol: string;
  private readonly random: Random;
  /** In ticks. */
  private bid: number;
  private update = 1_000;
  private tradeId = 0;
  private shown = new Map<string, "b" | "a">();

  constructor(symbol: string, bid: number, random: Random) {
    this.symbol = symbol;
    this.random = random;
    this.bid = bid;
  }

  step(at: number): Message[] {
    const { random, symbol } = this;
    this.bid += random.int(5) - 2;
    const head = (e: string, ms: number) => ({ e, E: ms, T: ms, s: symbol });
    const u = this.update + 2;
    const [bid, ask] = [this.price(this.bid), this.price(this.bid + 1)];
    const sizes = { B: this.size(), A: this.size() };
    const book = { U: this.update + 1, u, pu: this.update, ...this.levels(sizes) };
    this.update = u;
    const messages: Message[] = [
      [0, "depth@0ms", { ...head("depthUpdate", at), ...book }],
      [1, "bookTicker", { ...head("bookTicker", at + 1), u, b: bid, a: ask, ...sizes }],
    ];
    const trades = random.int(3);
    // Further apart than the recorder's own delays vary: trades are recorded in the order in which they are counted.
    for (let after = 2; after < 2 + 4 * trades; after += 4) {
      const isSell = random.int(2) === 0;
      const trade = { t: ++this.tradeId, p: isSell ? bid : ask, q: this.size(), X: "MARKET", m: isSell };
      messages.push([after, "trade", { ...head("trade", at + after), ...trade }]);
    }
    return messages;
  }

  /** What stands now, and an end to what stood and does not any more. */
  private levels({ B, A }: { B: string; A: string }): { b: string[][]; a: string[][] } {
    const now = new Map<string, { side: "b" | "a"; qty: string }>();
    for (let n = 0; n < LEVELS; n++) {
      now.set(this.price(this.bid - n), { side: "b", qty: n === 0 ? B : this.size() });
      now.set(this.price(this.bid + 1 + n), { side: "a", qty: n === 0 ? A : this.size() });
    }
    const told = { b: [] as string[][], a: [] as string[][] };
    for (const [price, side] of this.shown) if (now.get(price)?.side !== side) told[side].push([price, "0.000"]);
    for (const [price, { side, qty }] of now) told[side].push([price, qty]);
    this.shown = new Map([...now].map(([price, { side }]) => [price, side]));
    return told;
  }

  private price(ticks: number): string {
    return (ticks * TICK).toFixed(2);
  }
  private size(): string {
    return ((1 + this.random.int(4_000)) / 1_000).toFixed(3);
  }
}
