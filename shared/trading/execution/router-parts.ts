/** What the router's rules are handed besides its books and the market: whose they are, the time, and the flags. */
import type { ActiveConfig } from "../../domain/arms.ts";
import type { BundleView } from "../../domain/bundle.ts";
import type { Alert } from "../../streams.ts";
import type { RouterSettings } from "./router-settings.ts";

export interface RulePorts {
  readonly account: string;
  readonly settings: RouterSettings;
  readonly clock: { now(): number };
  /** What is in force: budgets, limits and health are always the newest. */
  config(): ActiveConfig;
  /** What an intent is executed by: the revision that it names, else, or where nobody knows that, the newest. */
  revision(rev: number | undefined): BundleView;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}
