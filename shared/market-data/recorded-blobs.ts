/** Which blobs hold an instrument's recorded lines of a time: those of the library, and those that S1 recorded. */
import type { InstrumentId } from "../domain/instrument.ts";
import { RECORDINGS, recordingKey } from "../keys.ts";
import type { BlobInfo, Blobs } from "../kit/ports.ts";
import { blobFile } from "./blob-lines.ts";
import { type Library, partsBetween } from "./library.ts";
import type { RecordedFile } from "./recording.ts";
import type { TapeTerms } from "./tape-terms.ts";

type Span = Pick<TapeTerms, "from" | "to">;

const HOUR_MS = 3_600_000;
const PAGE = 1_000;
/** So far back a book is looked for that stood when the time began: exchanges end connections after a day. */
const BACK_HOURS = 24;

/** In order of time. They begin where the lines before the time follow each other without a break. */
export async function libraryLines(
  library: Library,
  instrument: InstrumentId,
  { from, to }: Span,
): Promise<RecordedFile[]> {
  const manifest = await library.manifest({ instrument, kind: "lines" });
  const named = new Set(partsBetween(manifest, from, to).map(({ key }) => key));
  if (named.size === 0) return [];
  const first = manifest.parts.findIndex(({ key }) => named.has(key));
  let begin = first;
  while (begin > 0 && first - begin < BACK_HOURS) {
    const [before, next] = [manifest.parts[begin - 1]!, manifest.parts[begin]!];
    if (next.first_ts - before.last_ts > HOUR_MS) break;
    begin--;
  }
  const wanted = manifest.parts.slice(begin).filter(({ first_ts }) => first_ts < to);
  return wanted.map(({ key, bytes }) => blobFile(library.blobs, { key, bytes, instrument }));
}

/** In order of time, as above. */
export async function recordedLines(blobs: Blobs, instrument: InstrumentId, span: Span): Promise<RecordedFile[]> {
  const hours = await recordedHours(blobs, instrument, span);
  return hours.map(({ key, bytes }) => blobFile(blobs, { key, bytes, instrument }));
}

/** Which blobs those are: the hours of the time itself, and those before that lead up to it without a break. */
export async function recordedHours(
  blobs: Pick<Blobs, "list">,
  instrument: InstrumentId,
  { from, to }: Span,
): Promise<BlobInfo[]> {
  const folder = folderOf(instrument);
  const hours: { ts: number; info: BlobInfo }[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.list(folder, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const info of page.items) {
      const ts = hourOf(info.key, folder);
      if (ts !== undefined && ts < to) hours.push({ ts, info });
    }
    cursor = page.next_cursor;
    if (cursor === undefined) break;
  }
  hours.sort((a, b) => a.ts - b.ts);
  const first = hours.findIndex(({ ts }) => ts + HOUR_MS > from);
  if (first < 0) return [];
  let begin = first;
  while (begin > 0 && first - begin < BACK_HOURS && hours[begin]!.ts - hours[begin - 1]!.ts === HOUR_MS) begin--;
  return hours.slice(begin).map(({ info }) => info);
}

function folderOf(instrument: InstrumentId): string {
  const key = recordingKey(instrument, 0);
  return key.slice(0, key.lastIndexOf("/") + 1);
}

const HOUR_NAME = /^(\d{4}-\d\d-\d\d)-(\d\d)\.gz$/;

/** Epoch ms; undefined for what is no recording of an hour. */
function hourOf(key: string, folder: string): number | undefined {
  if (!key.startsWith(RECORDINGS)) return undefined;
  const [, day, hour] = HOUR_NAME.exec(key.slice(folder.length)) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${hour}:00Z`);
}
