/** What the router's rules are handed besides its books and the market: whose they are, the time, and the newest flags. */
import type { BundleView } from "../../domain/bundle.ts";
import type { Alert } from "../../streams.ts";
import type { RouterSettings } from "./router-settings.ts";

export interface RulePorts {
  readonly account: string;
  readonly settings: RouterSettings;
  readonly clock: { now(): number };
  /** The newest revision. */
  config(): BundleView;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}
