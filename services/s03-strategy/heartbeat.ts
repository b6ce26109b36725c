/** Tells people when features stop coming, of which instruments, and when they come again. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Context } from "../../shared/kit/service.ts";

export interface HeartbeatParts {
  /** When features of it came last, epoch ms; undefined: never. */
  heardAt(instrument: InstrumentId): number | undefined;
  /** Those that an enabled strategy trades here. */
  watched(): Iterable<InstrumentId>;
  now(): number;
  silentMs: number;
  alert: Context["alert"];
}

/** To be called again and again; an instrument that was never heard is silent from the first call on that asks for it. */
export function createHeartbeat({ heardAt, watched, now, silentMs, alert }: HeartbeatParts): () => void {
  const since = new Map<InstrumentId, number>();
  const silent = new Set<InstrumentId>();
  return () => {
    const at = now();
    const stopped: InstrumentId[] = [];
    const back: InstrumentId[] = [];
    const all = new Set(watched());
    for (const gone of [...silent].filter((instrument) => !all.has(instrument))) silent.delete(gone);
    for (const instrument of all) {
      if (!since.has(instrument)) since.set(instrument, at);
      const isSilent = at - Math.max(since.get(instrument) as number, heardAt(instrument) ?? 0) > silentMs;
      if (isSilent === silent.has(instrument)) continue;
      (isSilent ? stopped : back).push(instrument);
      if (isSilent) silent.add(instrument);
      else silent.delete(instrument);
    }
    if (stopped.length > 0) {
      alert(
        "WARN",
        "FEATURES_SILENT",
        `No features for over ${silentMs} ms: ${stopped.join(", ")}.`,
        "no entries there",
      );
    }
    if (back.length > 0) alert("INFO", "FEATURES_BACK", `Features come again: ${back.join(", ")}.`);
  };
}
