/** What an installation trades on, by the environment: paper on the venue of our own, or an exchange elsewhere. */
import type { Origin } from "./folder.ts";

type Env = Record<string, string | undefined>;

export const MODES = ["paper", "testnet", "live"] as const;
export type Mode = (typeof MODES)[number];

/** Throws an Error for a mode that is none. */
export function modeOf(env: Env): Mode {
  const text = env.CHIMERA_MODE ?? "paper";
  const mode = MODES.find((each) => each === text);
  if (mode === undefined) throw new Error(`CHIMERA_MODE is one of ${MODES.join(", ")}, not ${JSON.stringify(text)}.`);
  return mode;
}

/** The exchange that a mode other than paper speaks to: books of one are never mixed with those of another. */
export const exchangeName = (env: Env): string => {
  const isCcxt = (env.CHIMERA_S01_CONNECTOR ?? env.CHIMERA_CONNECTOR) === "ccxt";
  return isCcxt ? `ccxt-${env.CHIMERA_S01_CCXT_EXCHANGE ?? env.CHIMERA_CCXT_EXCHANGE ?? "unnamed"}` : "binance";
};

export const originBy = (env: Env): Origin => ({
  mode: modeOf(env),
  venue: env.CHIMERA_VENUE_KIND ?? (modeOf(env) === "paper" ? "paper-agents" : exchangeName(env)),
  account: "main",
});

/** Whether a second person is needed is said to the gateway, and holds for arming live trading at S1 too. */
export const approvalsEnv = ({ CHIMERA_S12_APPROVALS: said }: Env): Env =>
  said === undefined ? {} : { CHIMERA_S01_APPROVALS: said };

/** What the paper venue's admin API wants, where somebody has said it: for whoever drills an installation from outside. */
export const venueAdmin = (env: Env): { adminToken?: string } =>
  env.CHIMERA_VENUE_ADMIN_TOKEN === undefined ? {} : { adminToken: env.CHIMERA_VENUE_ADMIN_TOKEN };
