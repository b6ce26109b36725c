/** Tells people when S11 has fallen silent, which changes how entries are made, and when it speaks again. */
import type { HealthHeard } from "../../shared/health-heard.ts";
import type { Context } from "../../shared/kit/service.ts";

export interface HealthWatchParts {
  readonly health: Pick<HealthHeard, "isSilent" | "level">;
  readonly silentMs: number;
  readonly alert: Context["alert"];
}

/** To be called again and again. */
export function createHealthWatch({ health, silentMs, alert }: HealthWatchParts): () => void {
  let wasSilent = false;
  return () => {
    if (health.isSilent === wasSilent) return;
    wasSilent = health.isSilent;
    if (wasSilent) {
      const what = `Nothing of S11 for over ${Math.round(silentMs / 1_000)} s, which counts as ${health.level}`;
      alert("ERROR", "HEALTH_SILENT", what, "sizes, slices and adds as that level says");
    } else alert("INFO", "HEALTH_HEARD", `S11 speaks again: ${health.level}`, "its word counts again");
  };
}
