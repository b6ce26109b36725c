/** What an alert rule says: when it is told, what the system did, and what people look at and do then. */
import type { Severity } from "../domain/alerting.ts";

export interface AlertRule {
  /** As it is told; one that ends in `*` is for every code that begins so. */
  code: string;
  severities: readonly Severity[];
  /** Which services tell it; `bus` is whoever holds the streams. */
  sources: readonly string[];
  /** When it is told. */
  means: string;
  /** What the system does by itself. */
  done: string;
  look: string;
  act: string;
  /** Told, it ends these: their open alerts of the same source are resolved. */
  ends?: Ending;
}
export interface Ending {
  codes: readonly string[];
  /** Finds in either message what it is about; absent: all of them end. */
  about?: RegExp;
}

type Told = Omit<AlertRule, "code" | "severities" | "sources">;

/** `from`: the services, with spaces between them. */
export const rule = (
  code: string,
  severities: readonly Severity[],
  [from, told]: [from: string, told: Told],
): AlertRule => ({
  code,
  severities,
  sources: from.split(" "),
  ...told,
});
