/** Tapes hold what their source has, in order of time; what is wrong with it is told by line, refused or left out. */
import { describe, expect, test } from "bun:test";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { MemoryBlobs } from "../adapters/memory-blobs.ts";
import type { Tape, TapeEvent, TapeMoment } from "../backtest/tape.ts";
import { DataSource } from "../domain/experiment.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Kline } from "../domain/market.ts";
import { defaultListings, listingOf } from "../engine/listing.ts";
import { recordingKey } from "../keys.ts";
import { candle, storeRows } from "./library.fixture.ts";
import { Library, type Series } from "./library.ts";
import { loadTape, type TapeAsked } from "./load-tape.ts";

const START = Date.UTC(2024, 7, 8);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BTC = "FUT:BTCUSDT";
const ETH = "FUT:ETHUSDT";
const klines = (instrument: InstrumentId, interval = "1m"): Series => ({ instrument, kind: "klines", interval });
const at = (minute: number): number => START + minute * MINUTE;

const momentsOf = (tape: Tape): TapeMoment[] => Array.from({ length: tape.count }, (_, i) => tape.moment(i));
const kindsOf = (tape: Tape): string[] => momentsOf(tape).map(({ who, event }) => `${who} ${event.kind}`);

function ground() {
  const blobs = new MemoryBlobs({ now: () => START });
  const library = new Library(blobs);
  const load = (wanted: Partial<Omit<TapeAsked, "data">> & { data?: object } = {}): Promise<Tape> =>
    loadTape({
      ...{ blobs, instruments: [BTC], window: { from: START, to: START + HOUR }, warm_up_ms: 0 },
      listings: defaultListings(),
      ...wanted,
      data: DataSource.parse(wanted.data ?? {}),
    });
  return { blobs, library, load };
}

/** Bad candles, refused and repaired; answers what was refused, and the tape of the rest. */
async function bad(lines: readonly string[], series: Series = klines(BTC)) {
  const { library, load } = ground();
  const key = await storeRows(library, series, lines);
  const form = series.kind === "klines" ? "bars" : "trades";
  const why = await load({ data: { form } }).then(
    () => "",
    (error: Error) => error.message,
  );
  const tape = await load({ data: { form, on_problem: "repair" } });
  const told = tape.head.problems.first.map(({ source, line, problem }) => {
    expect(source).toBe(key);
    return `${line}: ${problem}`;
  });
  return { why: why.replaceAll(key, "KEY"), told, tape, opens: momentsOf(tape).map((one) => one.at - START) };
}

describe("bars of the library", () => {
  test("become moments at their ends, with all that the source says", async () => {
    const { library, load } = ground();
    await storeRows(library, klines(BTC), [candle(at(0), "100 101.5 99.9 101", "2.5")]);
    const tape = await load();
    expect(momentsOf(tape)).toEqual([
      {
        ...{ at: at(1), exchTs: at(1), who: 0 },
        event: {
          ...{ kind: "bar", timeframe: "1m", openTs: at(0), open: 1000, high: 1015, low: 999, close: 1010 },
          ...{ lots: 2500, quoteVolume: 250, trades: 7, takerLots: Number.NaN },
        },
      },
    ]);
    expect(tape.head).toMatchObject({ form: "bars", timeframe: "1m", from_ts: at(1), to_ts: at(1) });
    expect(tape.head.assumed).toEqual([`${BTC}: mark=last price`, `${BTC}: funding=0`]);
  });

  test("of several instruments stand in order of time, and of one moment in the order asked for", async () => {
    const { library, load } = ground();
    await storeRows(library, klines(BTC), [candle(at(0), "9 9 9 9"), candle(at(1), "9 9 9 9")]);
    await storeRows(library, klines(ETH), [candle(at(0), "1 1 1 1"), candle(at(1), "1 1 1 1")]);
    expect(kindsOf(await load({ instruments: [ETH, BTC] }))).toEqual(["0 bar", "1 bar", "0 bar", "1 bar"]);
  });

  test("come with payments, what the next is expected to be, and marks", async () => {
    const { library, load } = ground();
    const paid = START + 10 * MINUTE;
    const before = paid - 8 * HOUR;
    await storeRows(
      library,
      klines(BTC),
      [9, 10].map((minute) => candle(at(minute), "100 100 100 100")),
    );
    await storeRows(library, { instrument: BTC, kind: "fundingRate" }, [`${before},0.0001,8`, `${paid},-0.0002,8`]);
    await storeRows(library, { instrument: BTC, kind: "markPriceKlines", interval: "8h" }, [
      candle(paid, "100.25 101 99 100.5", ""),
    ]);
    const tape = await load();
    const told = (event: TapeEvent) => {
      if (event.kind === "settlement") return `pays ${event.rate}`;
      if (event.kind !== "markPrice") return event.kind;
      return Number.isNaN(event.mark) ? `expects ${event.rate} at ${event.nextAt - START}` : `mark ${event.mark}`;
    };
    expect(momentsOf(tape).map((one) => `${(one.at - START) / MINUTE} ${told(one.event)}`)).toEqual([
      `0 expects 0.0001 at ${10 * MINUTE}`,
      "10 bar",
      "10 mark 100.25",
      "10 pays -0.0002",
      `10 expects -0.0002 at ${paid + 8 * HOUR - START}`,
      "11 bar",
    ]);
    expect(tape.head.assumed).toEqual([]);
  });

  test("begin with the warm-up and end with the window", async () => {
    const { library, load } = ground();
    const minutes = Array.from({ length: 10 }, (_, minute) => candle(at(minute), "9 9 9 9"));
    await storeRows(library, klines(BTC), minutes);
    const tape = await load({ window: { from: at(5), to: at(7) }, warm_up_ms: 2 * MINUTE });
    expect([tape.head.from_ts, tape.head.to_ts]).toEqual([at(4), at(7)]);
  });

  test("of which there are none are refused, as are instruments that are not listed", async () => {
    const { load } = ground();
    expect(load()).rejects.toThrow(`There is nothing of ${BTC} (bars of 1m) from 2024-08-08T00:00:00.000Z`);
    expect(load({ instruments: ["FUT:XYZUSDT"] })).rejects.toThrow("FUT:XYZUSDT is not listed");
    expect(load({ window: { from: 5, to: 5 } })).rejects.toThrow("The window ends before it begins");
  });

  test("finer than a tick are cut to it, which is said", async () => {
    const { tape, why } = await bad([candle(at(0), "100.05 100.05 100.05 100.05")]);
    expect(why).toBe("");
    expect(tape.event(0)).toMatchObject({ open: 1000 });
    expect(tape.head.assumed).toContain(`${BTC}: prices finer than a tick cut to it`);
  });
});

describe("bad bars", () => {
  const good = (minute: number): string => candle(at(minute), "100 101 99 100");

  test("a gap is told and stays a gap: nothing is made up", async () => {
    const { why, told, opens } = await bad([good(0), good(1), good(4), good(5)]);
    expect(why).toBe("The data has 1 problems: KEY:4: 2 bars are missing before 2024-08-08T00:04:00.000Z");
    expect(told).toEqual(["4: 2 bars are missing before 2024-08-08T00:04:00.000Z"]);
    expect(opens).toEqual([1, 2, 5, 6].map((minute) => minute * MINUTE));
  });

  test("of duplicates the first is kept", async () => {
    const { why, told, tape } = await bad([good(0), good(1), candle(at(1), "7 7 7 7"), good(2)]);
    expect(why).toContain("KEY:4: Twice: the bar of 2024-08-08T00:01:00.000Z");
    expect(told).toHaveLength(1);
    expect(momentsOf(tape).map(({ event }) => event.kind === "bar" && event.open)).toEqual([1000, 1000, 1000]);
  });

  test("out of order they are sorted", async () => {
    const { why, told, opens } = await bad([good(0), good(2), good(1), good(3)]);
    expect(why).toContain("KEY:4: Not in order: the bar of 2024-08-08T00:01:00.000Z stands behind a later one");
    expect(told).toHaveLength(1);
    expect(opens).toEqual([1, 2, 3, 4].map((minute) => minute * MINUTE));
  });

  test.each([
    ["NaN", "NaN 101 99 100", 'open: "NaN" is no price'],
    ["negative", "100 101 -99 100", 'low: "-99" is no price'],
    ["zero", "100 101 99 0", 'close: "0" is no price'],
    ["missing", "100 101 99 ", 'close: "" is no price'],
    ["an overflow", "100 1e999 99 100", 'high: "1e999" is no price'],
    ["high below low", "100 99 101 100", "No bar: open 100, high 99, low 101, close 100"],
    ["close beyond the high", "100 101 99 102", "No bar: open 100, high 101, low 99, close 102"],
  ])("a price that is %s: the row is left out, which leaves a gap", async (_, prices, problem) => {
    const { why, told, opens } = await bad([good(0), candle(at(1), prices), good(2)]);
    expect(why).toContain(`KEY:3: ${problem}`);
    expect(told).toEqual([`3: ${problem}`, "4: 1 bar is missing before 2024-08-08T00:02:00.000Z"]);
    expect(opens).toEqual([MINUTE, 3 * MINUTE]);
  });

  test("zero volume is told; where prices moved all the same, the row is left out", async () => {
    const { why, told, opens } = await bad([
      good(0),
      candle(at(1), "100 100 100 100", "0"),
      candle(at(2), "100 101 99 100", "0"),
    ]);
    expect(why).toContain("KEY:3: Zero volume: nobody traded");
    expect(told).toEqual(["3: Zero volume: nobody traded", "4: Zero volume, though prices moved from 99 to 101"]);
    expect(opens).toEqual([MINUTE, 2 * MINUTE]);
  });

  test("volumes that are no amounts leave their row out", async () => {
    const { told } = await bad([good(0), candle(at(1), "100 101 99 100", "-1"), candle(at(2), "100 101 99 100", "x")]);
    expect(told.slice(0, 2)).toEqual(["3: volume: no amount", "4: volume: no amount"]);
  });

  test("off their grid, or at no time at all, they are left out", async () => {
    const { told, opens } = await bad([good(0), candle(at(1) + 7, "9 9 9 9"), `soon,1,1,1,1,1,,,,`, good(1)]);
    expect(told).toEqual(["3: No 1m bar opens at 2024-08-08T00:01:00.007Z", '4: ts: "soon" is no time']);
    expect(opens).toEqual([MINUTE, 2 * MINUTE]);
  });

  test("many are counted, and the first are told", async () => {
    const lines = Array.from({ length: 60 }, (_, minute) => candle(at(minute), minute === 0 ? "9 9 9 9" : "9 9 9 0"));
    const { why, tape } = await bad(lines);
    expect(why).toContain("The data has 59 problems: KEY:3: close");
    expect(why).toContain("and 49 more");
    expect([tape.head.problems.count, tape.head.problems.first.length]).toEqual([59, 50]);
  });

  test("a part that breaks off, or is gone, is told; repaired, what was there is read", async () => {
    const { blobs, library, load } = ground();
    const key = await storeRows(library, klines(BTC), [good(0), good(1)]);
    const body = (await blobs.get(key)) as Uint8Array;
    const text = await promisify(gunzip)(body);
    const half = await promisify(gzip)(text.subarray(0, text.length - 5));
    await blobs.put(key, new Uint8Array(half));
    expect(load()).rejects.toThrow("It breaks off here: The last row has no end");
    const tape = await load({ data: { on_problem: "repair" } });
    expect([tape.count, tape.head.problems.count]).toEqual([1, 1]);
    await blobs.put(key, body.subarray(0, body.length - 9));
    expect(load()).rejects.toThrow(`${key}:`);
    await blobs.delete(key);
    expect(load()).rejects.toThrow(`${key}:1: It breaks off here: ${key} is gone`);
  });

  test("payments and marks are held to the same", async () => {
    const { library, load } = ground();
    await storeRows(library, klines(BTC), [good(0)]);
    await storeRows(library, { instrument: BTC, kind: "fundingRate" }, [`${START},much,8`]);
    expect(load()).rejects.toThrow('rate: "much" is no rate');
  });
});

describe("trades of the library", () => {
  const series = { instrument: BTC, kind: "trades" } as const;
  const trade = (id: number, ms: number, rest = "61800.20,0.006"): string => `${START + ms},${id},${rest},,true`;

  test("become moments; without single ones those that were added up are taken", async () => {
    const { library, load } = ground();
    await storeRows(library, { instrument: BTC, kind: "aggTrades" }, [`${START + 0.5},7,61800.2,0.006,9,10,false`]);
    const tape = await load({ data: { form: "trades" } });
    const event = { kind: "trade", id: 7, ticks: 618_002, lots: 6, buyerIsTaker: true };
    expect(momentsOf(tape)).toEqual([{ at: START + 0.5, exchTs: START + 0.5, who: 0, event }] as TapeMoment[]);
    expect(tape.head.form).toBe("trades");
  });

  test("that are missing, double, out of order or none are told and left out", async () => {
    const { why, told, opens } = await bad(
      [
        ...[trade(1, 10), trade(2, 20), trade(2, 20), trade(6, 60), trade(5, 60), trade(7, 55), trade(8, 80, "NaN,1")],
        ...[trade(9, 90, "61800,0"), trade(10, 100, "61800,-1"), trade(11, 110)],
      ],
      series,
    );
    expect(why).toContain("problems: KEY:");
    expect(told.toSorted()).toEqual(
      [
        "4: Twice: trade 2",
        "6: Not in order: trade 5 stands behind a later one",
        "6: 2 of trades are missing before 5",
        "7: Time goes back: 2024-08-08T00:00:00.055Z after 2024-08-08T00:00:00.060Z",
        '8: price: "NaN" is no price',
        '9: Zero volume: "0"',
        '10: qty: "-1" is no amount',
        "11: 3 of trades are missing before 11",
      ].toSorted(),
    );
    expect(opens).toEqual([10, 20, 60, 60, 60, 110]);
  });
});

describe("the exchange", () => {
  const bar = (minute: number, change: Partial<Kline> = {}): Kline => ({
    ...{ instrument: BTC, exch_ts: at(minute + 1), ts: at(minute + 1), timeframe: "1m", open_ts: at(minute) },
    ...{ close_ts: at(minute + 1) - 1, open: "100", high: "100", low: "100", close: "100", volume: "1" },
    ...{ quote_volume: "100", trades: 1, closed: true },
    ...change,
  });
  const asking = (bars: readonly Kline[]) => {
    const asked: number[] = [];
    const getHistory: TapeAsked["getHistory"] = async ({ from_ts, to_ts }) => {
      asked.push(Number(from_ts));
      const inside = bars.filter(({ open_ts }) => open_ts >= Number(from_ts) && open_ts <= Number(to_ts));
      return { source: "EXCHANGE", bars: [...inside] };
    };
    return { asked, getHistory };
  };
  const data = { source: "exchange" };

  test("is asked page by page, for closed bars", async () => {
    const { asked, getHistory } = asking(Array.from({ length: 1_500 }, (_, n) => bar(n, { closed: n < 1_499 })));
    const tape = await ground().load({ data, getHistory, window: { from: START, to: at(1_500) } });
    expect(tape.count).toBe(1_499);
    expect(asked).toEqual([START, at(1_000)]);
  });

  test("that tells of another instrument is told of", async () => {
    const { getHistory } = asking([bar(0), bar(1, { instrument: ETH })]);
    const { load } = ground();
    expect(load({ data, getHistory })).rejects.toThrow(
      `${BTC} bars of 1m from the exchange:2: ts: "${ETH} 1m" is no time`,
    );
  });

  test("tells of payments, where S1 can be asked for them", async () => {
    const { getHistory } = asking([bar(0), bar(1)]);
    const getFundingRates = async () => ({ rates: [{ ts: at(1), rate: "0.0001" }] });
    const tape = await ground().load({ data, getHistory, getFundingRates });
    expect(kindsOf(tape)).toEqual(["0 bar", "0 settlement", "0 markPrice", "0 bar"]);
  });

  test("has no trades and no books of the past, and may be out of reach", async () => {
    const { load } = ground();
    expect(load({ data: { ...data, form: "trades" } })).rejects.toThrow("say form: bars");
    expect(load({ data: { ...data, form: "book" } })).rejects.toThrow("say form: bars");
    expect(load({ data })).rejects.toThrow("cannot be asked from here");
  });
});

describe("recorded lines", () => {
  const line = (ms: number, stream: string, event: object): string =>
    `${START + ms}000000 ${JSON.stringify({ stream: `btcusdt@${stream}`, data: { s: "BTCUSDT", ...event } })}`;
  const stamp = (ms: number) => ({ E: START + ms + 100, T: START + ms + 100 });
  const depth = (ms: number, u: number, b: string[][] = [["99.9", "1"]]): string =>
    line(ms, "depth@0ms", { e: "depthUpdate", ...stamp(ms), U: u, u, pu: u - 1, b, a: [] });
  const trade = (ms: number, t: number): string =>
    line(ms, "trade", { e: "trade", ...stamp(ms), t, p: "100", q: "0.5", X: "MARKET", m: false });
  const snapshot = (ms: number, last: number): string =>
    `${START + ms}000000 ${JSON.stringify({
      ...{ lastUpdateId: last, E: START + ms, T: START + ms, bids: [["99", "2"]], asks: [["101", "3"]] },
    })}`;
  const data = { form: "book", source: "library" };
  const lines = [depth(0, 5), snapshot(1, 4), depth(20, 6), trade(30, 1), trade(HOUR - 100, 2)];
  const store = (library: Library, all = lines) => storeRows(library, { instrument: BTC, kind: "lines" }, all);

  test("begin with the book as first recorded, on the exchange's clock", async () => {
    const { library, load } = ground();
    await store(library);
    const tape = await load({ data, window: { from: START, to: START + 10 * HOUR } });
    expect(momentsOf(tape).map((one) => `${one.at - START} ${one.event.kind}`)).toEqual([
      ...["100 snapshot", "100 depth", "101 snapshot", "120 depth", "130 trade", `${HOUR} trade`],
    ]);
    expect(tape.event(0)).toEqual({ kind: "snapshot", last: 4, bids: [990, 2000], asks: [1010, 3000] });
    expect(tape.at(0)).toBe(START + 100);
    expect(tape.head.form).toBe("book");
  });

  test("joined halfway begin with the book that stood then", async () => {
    const { library, load } = ground();
    await store(library);
    const tape = await load({ data, window: { from: START + 125, to: START + HOUR } });
    expect(kindsOf(tape)).toEqual(["0 snapshot", "0 trade"]);
    expect(tape.event(0)).toEqual({ kind: "snapshot", last: 6, bids: [999, 1000, 990, 2000], asks: [1010, 3000] });
    expect(tape.at(0)).toBe(START + 125);
  });

  test("of S1 are found by their hours, the day before included while hours follow each other", async () => {
    const { blobs, library, load } = ground();
    const key = await store(library);
    const packed = (await blobs.get(key)) as Uint8Array;
    await blobs.put(recordingKey(BTC, START), packed);
    const later = `${trade(HOUR + 5, 3)}\n`;
    await blobs.put(recordingKey(BTC, START + HOUR), new Uint8Array(await promisify(gzip)(later)));
    const from = START + HOUR;
    const tape = await load({ data: { form: "book", source: "recordings" }, window: { from, to: from + HOUR } });
    expect(kindsOf(tape)).toEqual(["0 snapshot", "0 trade", "0 trade"]);
    expect(load({ data: { form: "bars", source: "recordings" } })).rejects.toThrow("say form: book");
  });

  test("that are broken off, of another instrument or not in order are told", async () => {
    const { blobs, library, load } = ground();
    const other = depth(25, 7).replaceAll("BTCUSDT", "ETHUSDT").replaceAll("btcusdt", "ethusdt");
    const key = await store(library, [...lines.slice(0, 3), other, "no line", depth(22, 9), ...lines.slice(3)]);
    const body = (await blobs.get(key)) as Uint8Array;
    const text = await promisify(gunzip)(body);
    const half = await promisify(gzip)(text.subarray(0, text.length - 20));
    await blobs.put(key, new Uint8Array(half));
    const window = { from: START, to: START + 10 * HOUR };
    expect(load({ data, window })).rejects.toThrow("Of FUT:ETHUSDT, not FUT:BTCUSDT");
    const tape = await load({ data: { ...data, on_problem: "repair" }, window });
    expect(tape.head.problems.first.map(({ line: n, problem }) => `${n}: ${problem}`).toSorted()).toEqual([
      "4: Of FUT:ETHUSDT, not FUT:BTCUSDT",
      "5: No receive time in nanoseconds",
      "6: Updates of FUT:BTCUSDT are missing after 6",
      "8: The last line has no end",
    ]);
  });

  test("of a time without any are refused", async () => {
    const { load } = ground();
    expect(load({ data })).rejects.toThrow("There are no lines of FUT:BTCUSDT from");
  });
});

test("an instrument that S1 tells of is listed with its steps and limits", () => {
  const listing = listingOf({
    ...{ instrument: "FUT:XYZUSDT", market: "FUT", symbol: "XYZUSDT", base: "XYZ", quote: "USDT", status: "TRADING" },
    ...{ tick_size: "0.0010", step_size: "1", min_qty: "2", max_qty: "5000", min_notional: "20", updated_at: 0 },
    price_up: "1.15",
  });
  const btc = defaultListings().find(({ instrument }) => instrument === BTC);
  expect(listing).toMatchObject({ symbol: "XYZUSDT", base: "XYZ", price_digits: 3, qty_digits: 0 });
  expect(listing.brackets).toEqual(btc?.brackets ?? []);
  expect([listing.taker_fee, listing.price_down]).toEqual([btc!.taker_fee, btc!.price_down]);
  expect(listing.price_up).toBeGreaterThan(btc!.price_up);
});
