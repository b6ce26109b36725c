/** Rows of candles from a file of any form that can be imported, or a library's folder of them, by Binance's positions. */
import { readTime, timeUnit } from "../../shared/market-data/cells.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { planRows } from "../../shared/market-data/rows.ts";
import { filesUnder } from "./folder-files.ts";
import { openTable } from "./tables.ts";
import { formOf } from "./text-lines.ts";

export interface CandleRow {
  file: string;
  /** In the file, from 1, the header counted. */
  line: number;
  /**
   * `open time, open, high, low, close, volume, close time, quote volume, trades, taker base, taker quote`; undefined
   * where the file does not have it. Only the time has been looked at.
   */
  cells: readonly (string | undefined)[];
}

/** Of the columns of `kinds.ts`; there is none for the close time. */
const POSITIONS = [0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9];

/** In the order of the files. Throws a Damage for a file that is none, an Error when there is none. */
export async function* candleRows(path: string): AsyncGenerator<CandleRow> {
  for (const file of filesUnder(path)) {
    const table = await openTable(file, await formOf(file), () => {});
    try {
      // Without a header positions are Binance's, as far as they go.
      const plan = table.header && planRows("klines", table.header, table.header.length);
      if (typeof plan === "string") throw new Damage(file, 1, plan);
      const places = plan && POSITIONS.map((at) => (at < 0 ? -1 : (plan.places[at] as number)));
      let line = table.header === undefined || table.isTable ? 0 : 1;
      for await (const batch of table.batches()) {
        for (const row of batch) {
          line++;
          const cells = places ? places.map((at) => row[at] || undefined) : row;
          yield { file, line, cells: [timeOf(cells[0]), ...cells.slice(1)] };
        }
      }
    } finally {
      table.close();
    }
  }
}

/** A date as epoch ms. */
const timeOf = (text: string | undefined): string | undefined =>
  text !== undefined && timeUnit(text) === "date" ? String(readTime(text, "date")) : text;
