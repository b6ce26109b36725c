/** Taking recorded raw lines into the library: each is one that a replay reads, of one instrument, in order of receipt. */
import { type Market, marketOf, symbolOf } from "../../shared/domain/instrument.ts";
import { Damage, damageAt, shown, Unfit } from "../../shared/market-data/damage.ts";
import { instrumentFrom, type Series } from "../../shared/market-data/library.ts";
import { type Envelope, readEnvelope } from "../../shared/market-data/recorded-line.ts";
import { moment } from "../../shared/market-data/rows.ts";
import { recordedRow } from "../../shared/market-data/stored-rows.ts";
import { type Imported, type Taking, takenBefore, type Wanted } from "./imported.ts";
import { hintsOf } from "./name-hints.ts";
import { PartWriter } from "./part-writer.ts";
import { openText, type TextFile, type TextForm } from "./text-lines.ts";

const RECORDED = /^\d{13,19} \{/;

/** By its first line. */
export async function isRecording(path: string, form: TextForm): Promise<boolean> {
  const text = await openText(path, form, () => {});
  try {
    const first = await text.batches().next();
    return !first.done && RECORDED.test(first.value[0] ?? "");
  } finally {
    text.close();
  }
}

export async function importLines(path: string, text: TextFile, taking: Taking): Promise<Imported> {
  const { library, wanted, source } = taking;
  const batches = text.batches();
  const first = await batches.next();
  if (first.done) throw new Damage(text.name, 0, "There are no lines in it");
  const series = seriesOf(path, wanted, first.value);
  const taken = wanted.replace ? undefined : await takenBefore(library, series, source);
  if (taken !== undefined) return taken;
  const writer = await PartWriter.open({ library, series, source, replace: wanted.replace === true });
  const range = { rows: 0, first_ts: 0, last_ts: 0 };
  let at = 0;
  try {
    for (let batch: string[] | undefined = first.value; batch !== undefined; ) {
      for (const line of batch) {
        at++;
        check(line, series);
        const row = recordedRow(line);
        if (row.ts < range.last_ts) {
          throw new Unfit(`Not in order: received ${moment(row.ts)}, the line above ${moment(range.last_ts)}`);
        }
        await writer.write(row);
        if (range.rows++ === 0) range.first_ts = row.ts;
        range.last_ts = row.ts;
      }
      const next = await batches.next();
      batch = next.done ? undefined : next.value;
    }
    const { known, parts } = await writer.commit();
    return { ...series, file: source.file, sha256: source.sha256, ...range, known, parts, is_repeat: false };
  } catch (error) {
    await writer.abandon();
    throw damageAt(text.name, at, error);
  }
}

/** Throws an Unfit for a line that no replay can read, or of another instrument. */
function check(line: string, { instrument }: Series): void {
  const envelope = readEnvelope(line);
  if (typeof envelope === "string") throw new Unfit(envelope);
  if (envelope === undefined) return;
  const { symbol, market } = envelope;
  if (
    (symbol ?? symbolOf(instrument)) === symbolOf(instrument) &&
    (market ?? marketOf(instrument)) === marketOf(instrument)
  ) {
    return;
  }
  throw new Unfit(`Of ${market ?? "another"} ${shown(symbol)}, not ${instrument}; one file is of one instrument`);
}

/** Content tells more surely than a name. */
function seriesOf(path: string, wanted: Wanted, lines: readonly string[]): Series {
  const hints = hintsOf(path);
  let market: Market | undefined = wanted.market;
  let symbol = wanted.symbol;
  for (const line of lines) {
    if (market !== undefined && symbol !== undefined) break;
    const envelope: Envelope | string | undefined = readEnvelope(line);
    if (typeof envelope !== "object") continue;
    market ??= envelope.market;
    symbol ??= envelope.symbol;
  }
  market ??= hints.market;
  symbol ??= hints.symbol;
  if (market === undefined || symbol === undefined) {
    throw new Damage(path, 0, "Neither name nor lines tell its instrument; say --market and --symbol");
  }
  return { instrument: instrumentFrom(market, symbol), kind: "lines" };
}
