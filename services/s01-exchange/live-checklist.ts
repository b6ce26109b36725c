/** What must hold before live trading is armed, as far as the exchange can be asked about it. */
import { z } from "@hono/zod-openapi";
import { type ActiveConfig, instrumentsOf } from "../../shared/domain/arms.ts";
import { type Amount, add, dec, mul, show, sum, toNumber } from "../../shared/domain/money.ts";
import type { Balance } from "../../shared/domain/trade.ts";
import { asProblem } from "../../shared/errors.ts";
import type { AccountGuard } from "./account-guard.ts";
import type { Instruments } from "./instruments.ts";
import type { KeyGuard } from "./key-guard.ts";
import type { KillCopy } from "./kill-copy.ts";
import type { Settings } from "./types.ts";
import type { Venue } from "./venue-port.ts";

export const CheckItem = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** False: worth knowing, and no reason not to start. */
  must: z.boolean(),
  detail: z.string(),
});
export type CheckItem = z.output<typeof CheckItem>;

export interface ChecklistParts {
  readonly settings: Pick<Settings, "mode">;
  readonly venue: Venue;
  readonly instruments: Instruments;
  readonly kill: KillCopy;
  readonly key: KeyGuard;
  readonly accountGuard: AccountGuard;
  config(): ActiveConfig;
}

/** Later, a signed request may be refused as late or early. */
const OFFSET_MS_MAX = 500;
/** A budget that is more of the account than this is rarely meant. */
const BUDGET_SHARE_MAX = 0.2;

/** Every check is tried; one that cannot be made does not hold. */
export async function checklist(parts: ChecklistParts): Promise<CheckItem[]> {
  const checks: readonly [name: string, must: boolean, run: () => Promise<Found> | Found][] = [
    ["mode", true, () => hold(parts.settings.mode === "live", `this installation is in ${parts.settings.mode} mode`)],
    ["api key", true, () => keyHolds(parts)],
    ["account mode", true, () => accountHolds(parts)],
    ["clock", true, () => clockHolds(parts)],
    ["market data", true, () => still(parts.venue.market.trouble(), "whole and fresh")],
    ["account stream", true, () => still(parts.venue.streams.trouble(), "connected")],
    ["instruments", true, () => instrumentsHold(parts)],
    ["kill switch", true, () => killHolds(parts)],
    ["balances", true, () => balancesHold(parts)],
    ["budget", false, () => budgetHolds(parts)],
    ["connector", false, () => hold(parts.venue.lacks.length === 0, parts.venue.lacks.join("; ") || parts.venue.name)],
  ];
  return Promise.all(
    checks.map(async ([name, must, run]) => {
      try {
        return { name, must, ...(await run()) };
      } catch (error) {
        return { name, must, ok: false, detail: asProblem(error).message };
      }
    }),
  );
}

interface Found {
  ok: boolean;
  detail: string;
}
const hold = (ok: boolean, detail: string): Found => ({ ok, detail });
const still = (trouble: string | undefined, fine: string): Found => hold(trouble === undefined, trouble ?? fine);

async function keyHolds({ key, settings }: ChecklistParts): Promise<Found> {
  if (settings.mode !== "live") return hold(false, "only a live key's rights are asked for");
  await key.check();
  return still(key.trouble(), "cannot withdraw, and is bound to an IP address");
}

async function accountHolds({ accountGuard }: ChecklistParts): Promise<Found> {
  await accountGuard.check();
  return still(accountGuard.trouble(), "one-way, single-asset");
}

async function clockHolds({ venue: { link, listing } }: ChecklistParts): Promise<Found> {
  await Promise.all(listing.markets.map((market) => link.measureClock(market)));
  const offsets = listing.markets.map((market) => link.clockOffsetMs(market));
  const worst = Math.max(...offsets.map(Math.abs));
  return hold(worst <= OFFSET_MS_MAX, `${Math.round(worst)} ms from the exchange's, at most ${OFFSET_MS_MAX}`);
}

function instrumentsHold({ instruments, config }: ChecklistParts): Found {
  const wanted = instrumentsOf(config());
  const missing = wanted.filter((instrument) => instruments.get(instrument)?.info.status !== "TRADING");
  const names = missing.join(", ");
  return hold(missing.length === 0, missing.length === 0 ? `${wanted.length} trade` : `not trading: ${names}`);
}

function killHolds({ kill }: ChecklistParts): Found {
  kill.refuseIfOn();
  return hold(true, "off, and its state is known");
}

async function balancesHold({ venue, config }: ChecklistParts): Promise<Found> {
  const { sizing } = config().bundle.flags;
  const balances = await venue.queries.balances();
  const free = sum(balances.filter((row) => row.market === "FUT" && row.asset === "USDT").map((row) => dec(row.free)));
  const hasFutures = instrumentsOf(config()).some((instrument) => instrument.startsWith("FUT:"));
  const need = dec(sizing.margin_usdt);
  return hold(!hasFutures || free >= need, `${show(free)} USDT free for futures, a trade's margin is ${show(need)}`);
}

async function budgetHolds({ venue, config }: ChecklistParts): Promise<Found> {
  const budget = dec(config().bundle.flags.risk.budget_usdt);
  const funds = usdt(await venue.queries.balances());
  const most = mul(funds, dec(String(BUDGET_SHARE_MAX)));
  const share = funds === 0n ? "all" : `${Math.round((toNumber(budget) / toNumber(funds)) * 100)} %`;
  return hold(budget <= most, `the risk budget of ${show(budget)} USDT is ${share} of the account's USDT`);
}

const usdt = (balances: readonly Balance[]): Amount =>
  sum(balances.filter((row) => row.asset === "USDT").map((row) => add(dec(row.free), dec(row.locked))));
