/** Keeps every raw market frame, in the format that replay reads: gzip members of `<local ns> <json>` lines per hour. */
import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { asProblem } from "../../shared/errors.ts";
import { RECORDINGS, recordingKey } from "../../shared/keys.ts";
import type { BlobInfo, Blobs } from "../../shared/kit/ports.ts";
import type { Surroundings } from "./types.ts";

const HOUR_MS = 3_600_000;
const LIST_PAGE = 1_000;
const LINE_END = 10;
/** Nineteen digits, a space and the line's end. */
const STAMP_BYTES = 21;
const compress = promisify(gzip);
const expand = promisify(gunzip) as (body: Uint8Array, options?: { finishFlush: number }) => Promise<Uint8Array>;

interface Sheet {
  readonly key: string;
  lines: string[];
}

export class Recorder {
  private readonly around: Surroundings;
  private readonly blobs: Blobs;
  private sheets = new Map<string, Sheet>();
  private bytes = 0;
  private flushing: Promise<void> | undefined;
  /** Files known to end with a whole member, to which another can be added. */
  private readonly sound = new Set<string>();

  constructor(around: Surroundings, blobs: Blobs) {
    this.around = around;
    this.blobs = blobs;
  }

  /** `ts` is epoch ms of our clock; a frame without the combined-stream envelope is recorded as it came. */
  frame(instrument: InstrumentId, ts: number, text: string): void {
    const { settings, meters } = this.around;
    if (!settings.recordFrames) return;
    if (this.bytes + STAMP_BYTES + text.length > settings.recordBufferBytesMax) {
      meters.unrecorded.inc();
      return;
    }
    const hour = Math.floor(ts / HOUR_MS) * HOUR_MS;
    const slot = `${instrument}/${hour}`;
    let sheet = this.sheets.get(slot);
    if (!sheet) {
      sheet = { key: recordingKey(instrument, hour), lines: [] };
      this.sheets.set(slot, sheet);
    }
    const line = `${nanoseconds(ts)} ${text}\n`;
    this.bytes += line.length;
    sheet.lines.push(line);
  }

  /** Writes out what is held. What cannot be written is held on to, up to the buffer's limit. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  /** At the end: as `flush`, for no longer than this. */
  async finish(ms: number): Promise<void> {
    const { clock } = this.around;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(ms, resolve);
    });
    await Promise.race([this.flush(), late]);
    cancel();
  }

  /** Deletes the oldest hours until the recordings fit their limit; answers how many went. */
  async retain(): Promise<number> {
    const items: BlobInfo[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.blobs.list(RECORDINGS, { limit: LIST_PAGE, ...(cursor !== undefined && { cursor }) });
      items.push(...page.items);
      cursor = page.next_cursor;
      if (cursor === undefined) break;
    }
    let total = items.reduce((sum, { bytes }) => sum + bytes, 0);
    const hourOf = (key: string) => key.slice(key.lastIndexOf("/") + 1);
    items.sort((a, b) => (hourOf(a.key) < hourOf(b.key) ? -1 : 1));
    let count = 0;
    for (const { key, bytes } of items) {
      if (total <= this.around.settings.recordTotalBytesMax) break;
      await this.blobs.delete(key);
      total -= bytes;
      count++;
    }
    return count;
  }

  private async write(): Promise<void> {
    const sheets = this.sheets;
    this.sheets = new Map();
    let isAway = false;
    for (const [slot, { key, lines }] of sheets) {
      // Where it takes long to hear that the store is away, it is heard once and not for each instrument.
      if (isAway) {
        this.putBack(slot, { key, lines });
        continue;
      }
      const text = lines.join("");
      try {
        const body = await this.around.clock.hold(compress(text));
        if (!this.sound.delete(key)) await this.mend(key);
        await this.blobs.append(key, new Uint8Array(body));
        this.sound.add(key);
        this.bytes -= text.length;
        this.around.meters.recordedBytes.inc({}, body.length);
      } catch (error) {
        this.putBack(slot, { key, lines });
        isAway = asProblem(error).code === "UNAVAILABLE";
        this.around.raise("ERROR", "RECORDING_FAILED", "Market frames could not be recorded", "Held in memory");
        this.around.log.error("Recording failed", { key, error: String(error) });
      }
    }
  }

  /** A writer that was killed, or a full disk, may have left half a member, behind which nothing could be read. */
  private async mend(key: string): Promise<void> {
    const { clock, log } = this.around;
    const body = await this.blobs.get(key);
    if (!body) return;
    const isWhole = await clock.hold(
      expand(body).then(
        () => true,
        () => false,
      ),
    );
    if (isWhole) return;
    const text = await clock.hold(expand(body, { finishFlush: constants.Z_SYNC_FLUSH }).catch(() => undefined));
    if (text) {
      const lines = text.subarray(0, text.lastIndexOf(LINE_END) + 1);
      await this.blobs.put(key, new Uint8Array(await clock.hold(compress(lines))));
    } else {
      await this.blobs.put(`${key}.broken`, body);
      await this.blobs.delete(key);
    }
    log.warn("A recording ended in the middle", { key, kept_bytes: text?.length ?? 0 });
  }

  private putBack(slot: string, sheet: Sheet): void {
    const since = this.sheets.get(slot);
    if (since) for (const line of since.lines) sheet.lines.push(line);
    this.sheets.set(slot, sheet);
  }
}

/** Epoch nanoseconds as text; they are too many for a float. */
function nanoseconds(ts: number): string {
  const whole = Math.floor(ts);
  return `${whole}${String(Math.floor((ts - whole) * 1e6)).padStart(6, "0")}`;
}
