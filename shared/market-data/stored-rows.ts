/** The rows of a stored part of the library, one after the other, as those who add to it or verify it need them. */
import { Unfit } from "./damage.ts";
import { kindOf } from "./kinds.ts";
import { type Library, type Part, type Series, unpack } from "./library.ts";
import { planStored, type Row, RowReader } from "./rows.ts";

/** The rows of a stored part, one after the other. Throws an Unfit when a row is none, an Error when it breaks off. */
export class StoredRows {
  private readonly batches: AsyncGenerator<string[]>;
  private readonly reader: RowReader | undefined;
  private readonly name: string;
  private lines: string[] = [];
  private at = 0;
  private row: Row | undefined;
  private line = 0;

  private constructor(batches: AsyncGenerator<string[]>, name: string, reader: RowReader | undefined) {
    this.batches = batches;
    this.name = name;
    this.reader = reader;
  }

  static async open({ blobs }: Library, { kind, interval }: Series, { key }: Part): Promise<StoredRows> {
    const body = await blobs.get(key);
    if (body === undefined) throw new Error(`${key} is gone; ./chimera data verify tells more`);
    const reader = kindOf(kind).columns.length === 0 ? undefined : new RowReader(planStored(kind, interval));
    const rows = new StoredRows(unpack(body), key, reader);
    if (reader !== undefined) await rows.next();
    return rows;
  }

  /** The next row, which stays the next until it is taken; undefined at the end. */
  async peek(): Promise<Row | undefined> {
    if (this.row !== undefined) return this.row;
    const line = await this.next();
    if (line === undefined) return undefined;
    const row = this.reader === undefined ? recordedRow(line) : this.reader.read(line.split(","));
    if (typeof row === "string") throw new Unfit(`${this.name}:${this.line}: ${row}`);
    this.row = row;
    return row;
  }

  take(): void {
    this.row = undefined;
  }

  private async next(): Promise<string | undefined> {
    while (this.at >= this.lines.length) {
      const { done, value } = await this.batches.next();
      if (done) return undefined;
      this.lines = value;
      this.at = 0;
    }
    this.line++;
    return this.lines[this.at++];
  }
}

/** A recorded line, ordered by when it was received. */
export function recordedRow(line: string): Row {
  const space = line.indexOf(" ");
  return { ts: Number(line.slice(0, space - 6)) + Number(line.slice(space - 6, space)) / 1e6, second: 0, line };
}
