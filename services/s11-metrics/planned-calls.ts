/** Who is meant to call whom; what is seen beside it is told as an alert. */
import type { ServiceId } from "../../shared/kit/ports.ts";

/** The exchange is reached through S1 alone, funds through S12, orders through S4. */
const PLANNED: Readonly<Partial<Record<ServiceId, readonly ServiceId[]>>> = {
  s02: ["s01"],
  s03: ["s04"],
  s04: ["s01"],
  s05: ["s01", "s04", "s06"],
  s06: ["s01", "s04", "s12"],
  s07: ["s01"],
  s08: ["s01"],
  s09: ["s01"],
  s10: ["s11"],
};
/** S11 scrapes all; S12 is the door to all. */
const CALL_ALL: readonly string[] = ["s11", "s12"];
/** Everybody asks which revision is in force. */
const CONFIG = "s10";

export const isPlanned = (from: string, to: string): boolean =>
  to === CONFIG || CALL_ALL.includes(from) || (PLANNED[from as ServiceId]?.includes(to as ServiceId) ?? false);
