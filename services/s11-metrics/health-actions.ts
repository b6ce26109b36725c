/** What changes by itself between two words of health: each level and each effect that begins or ends, in words. */
import type { AutomaticAction } from "../../shared/domain/watching.ts";
import type { HealthEffects, HealthEvent, HealthLevel } from "../../shared/streams.ts";

type Kind = AutomaticAction["kind"];
type Change = Omit<AutomaticAction, "action_id">;

const LEVELS: Readonly<Record<HealthLevel, { kind: Kind; what: string }>> = {
  GREEN: { kind: "SIZE", what: "Health is GREEN: entries at their full size, adds allowed" },
  YELLOW: { kind: "SIZE", what: "Health is YELLOW: smaller entries, no adds" },
  ORANGE: { kind: "SIZE", what: "Health is ORANGE: much smaller entries in finer slices, no adds" },
  RED: { kind: "PAUSE", what: "Health is RED: no entries; those under way end" },
};

const EFFECTS: Readonly<Record<keyof HealthEffects, { kind: Kind; begins: string; ends: string }>> = {
  takers_only: { kind: "STYLE", begins: "Takers only: nothing is posted", ends: "Makers post again" },
  spot_size: { kind: "SIZE", begins: "Smaller spot entries", ends: "Spot entries at their full size" },
  models_off: { kind: "SIZE", begins: "Models off: sizes count them as 1", ends: "Models have their say again" },
  careful_routing: {
    kind: "STYLE",
    begins: "Careful routing: finer slices, makers only at a narrow spread",
    ends: "Routing as ever",
  },
  no_entries: { kind: "PAUSE", begins: "No entries; those under way end", ends: "Entries are allowed again" },
};

/** `before`: the word before; without one, only what is out of the ordinary is a change. */
export function healthActions(before: HealthEvent | undefined, now: HealthEvent): Change[] {
  const { ts } = now;
  const from = before?.level ?? "GREEN";
  const trigger = now.reasons.join("; ") || "all figures in bounds";
  const byLevel = from === now.level ? [] : [{ ts, source: "s11", ...LEVELS[now.level], trigger }];
  const byEffect = Object.entries(EFFECTS).flatMap(([name, { kind, begins, ends }]) => {
    const [was, is] = [reasonOf(before?.effects, name), reasonOf(now.effects, name)];
    if ((was === undefined) === (is === undefined)) return [];
    return [{ ts, source: "s11", kind, what: is === undefined ? ends : begins, trigger: is ?? `over: ${was}` }];
  });
  return [...byLevel, ...byEffect];
}

function reasonOf(effects: HealthEffects | undefined, name: string): string | undefined {
  const effect = effects?.[name as keyof HealthEffects];
  return typeof effect === "object" ? `${effect.why} (× ${effect.mult})` : effect;
}
