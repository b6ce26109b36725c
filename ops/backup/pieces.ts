/** Cuts what is backed up into pieces, so that what has not changed since the last backup gives the same pieces again. */
import type { StoreRecord } from "../../shared/kit/ports.ts";

export interface Bounds {
  min: number;
  max: number;
  /** One record in so many ends a piece that is long enough. */
  oneIn: number;
}
const BOUNDS: Bounds = { min: 256 * 1024, max: 4 * 1024 * 1024, oneIn: 64 };
const BLOB_PIECE = 4 * 1024 * 1024;

export interface Piece {
  bytes: Uint8Array;
  records: number;
}

/**
 * One record a line. Where a piece ends is said by the keys of records, not by their number: what is put in or altered
 * somewhere changes the pieces around it, and the others stay as they are.
 */
export async function* piecesOf(records: AsyncIterable<StoreRecord>, bounds = BOUNDS): AsyncGenerator<Piece> {
  let lines: string[] = [];
  let length = 0;
  const cut = (): Piece => {
    const piece = { bytes: Buffer.from(lines.join("")), records: lines.length };
    lines = [];
    length = 0;
    return piece;
  };
  for await (const record of records) {
    const line = `${JSON.stringify(record)}\n`;
    lines.push(line);
    length += line.length;
    const mayEnd = length >= bounds.min && Bun.hash.xxHash32(nameOf(record)) % bounds.oneIn === 0;
    if (mayEnd || length >= bounds.max) yield cut();
  }
  if (lines.length > 0) yield cut();
}

/** The records of a piece. Throws SyntaxError for what is none. */
export function* recordsOf(bytes: Uint8Array): Generator<StoreRecord> {
  for (const line of Buffer.from(bytes).toString().split("\n")) if (line !== "") yield JSON.parse(line) as StoreRecord;
}

/** Of what is written once or only grows at its end: cut by length. */
export async function* equalPieces(parts: AsyncIterable<Uint8Array>, length = BLOB_PIECE): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let held = 0;
  for await (const part of parts) {
    let rest = part;
    while (held + rest.length >= length) {
      const taken = rest.subarray(0, length - held);
      yield Buffer.concat([...waiting, taken]);
      rest = rest.subarray(taken.length);
      waiting = [];
      held = 0;
    }
    // What is handed on may be filled anew by who gave it.
    if (rest.length > 0) waiting.push(rest.slice());
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(waiting);
}

function nameOf(record: StoreRecord): string {
  switch (record.kind) {
    case "document":
      return `${record.collection} ${record.key}`;
    case "edge":
      return `${record.child} ${record.parent}`;
    case "done":
      return `${record.stream} ${record.group} ${record.id}`;
    case "outbox":
      return record.entry.id;
    default:
      return record.kind;
  }
}
