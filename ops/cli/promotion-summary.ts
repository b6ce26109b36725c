/** A promotion as lines for a terminal: what happened, both arms side by side, guardrails, who has it. */
import type { ArmFigures, GuardrailVerdict, Promotion, RevisionHeld } from "../../shared/domain/promotion.ts";
import { duration, moment, money, number, percent } from "../../shared/report/figures.ts";
import { bar } from "./bars.ts";
import { count } from "./data-library.ts";
import { gateLine } from "./simulation-summary.ts";
import { sparkline } from "./sparkline.ts";
import { bold, dim, green, red, yellow } from "./terminal.ts";

const LABEL = 12;
const COLUMN = 16;
const BAR = 20;
const SPARK = 40;
const named = (name: string, text: string): string => `${bold(name.padEnd(LABEL))}${text}`;
const LIGHTS = { PENDING: dim, ACTIVE: yellow, DONE: green, ROLLED_BACK: red, ABORTED: yellow } as const;

/** Of a list, which holds no gates, no services and no timeline. */
export type PromotionRow = Omit<Promotion, "gates" | "services" | "timeline">;

export function rowLines(promotion: PromotionRow): string[] {
  const { promotion_id, bundle_id, mode, status, from_rev, rev, author, created_at, reason } = promotion;
  const head = `${LIGHTS[status]("●")} ${bold(`${bundle_id}@${rev}`)}  ${mode} ${status}${shareOf(promotion)}, after ${from_rev}`;
  return [
    head,
    dim(`  ${promotion_id} · ${author} · ${moment(created_at).slice(0, 16)} UTC`),
    ...(reason === undefined ? [] : [`  ${reason}`]),
  ];
}

const shareOf = ({ traffic_pct, duration_h }: PromotionRow): string => {
  if (traffic_pct === undefined) return "";
  return `, ${traffic_pct} %${duration_h === undefined ? "" : ` for ${duration_h} h`}`;
};

/** Whole; `now` tells how long it still lasts. */
export function promotionLines(promotion: Promotion, now: number): string[] {
  const { gates, guardrails, services, timeline, until, status, afterwards } = promotion;
  const left = until !== undefined && status === "ACTIVE" ? `${duration(until - now)} left` : undefined;
  const isOver = status !== "ACTIVE" && status !== "PENDING";
  const then = afterwards === undefined || isOver ? undefined : `then ${afterwards.toLowerCase()}`;
  const about = [left, then].filter((part) => part !== undefined).join(", ");
  return [
    ...rowLines(promotion),
    ...(about === "" ? [] : [named("Until", about)]),
    ...gates.map((gate, i) => named(i === 0 ? "Gates" : "", gateLine(gate))),
    ...watchLines(promotion, now),
    ...armLines(promotion),
    ...realisedLines(promotion),
    ...guardrails.map((verdict, i) => named(i === 0 ? "Guardrails" : "", guardrailLine(verdict))),
    ...heldLines(services),
    ...timeline.map((step, i) => named(i === 0 ? "Story" : "", stepLine(step))),
  ];
}

export const stepLine = ({ ts, what, detail }: Promotion["timeline"][number]): string =>
  `${dim(moment(ts))}  ${what.toLowerCase().replaceAll("_", " ").padEnd(14)} ${detail}`;

/** How long what is in force for all is still watched, or how that ended. */
function watchLines({ watch }: Promotion, now: number): string[] {
  if (watch === undefined) return [];
  const { state, hours, until } = watch;
  const left = until === undefined ? `${hours} h, once all have it` : `${duration(Math.max(0, until - now))} left`;
  const ends = { STOOD: green("stood"), TAKEN_BACK: red("taken back"), ENDED: "ended by what came in its place" };
  return [named("Watch", state === "WATCHING" ? left : ends[state])];
}

/** Through all steps, by which its drawdown is judged. */
function realisedLines({ realised }: Promotion): string[] {
  if (realised === undefined || realised.trades_closed === 0) return [];
  const { trades_closed, pnl_usdt, drawdown_usdt } = realised;
  const earned = `${money(pnl_usdt, 2, true)} USDT net in ${count(trades_closed)} closed trades through all its steps`;
  return [named("Realised", `${earned}, drawdown ${money(drawdown_usdt, 2)} USDT`)];
}

/** What each arm really did, one column each; of a FULL, beside what the revision before it did last. */
function armLines({ stable, canary, mode }: Promotion): string[] {
  const arms = [stable, canary].filter((arm) => arm !== undefined);
  const before = mode === "FULL" ? stable : undefined;
  if (arms.length === 0) return [];
  const row = (name: string, of: (arm: ArmFigures) => string) =>
    named("", `${name.padEnd(COLUMN)}${arms.map((arm) => of(arm).padStart(COLUMN)).join("")}`);
  const or = (value: number | null, show: (value: number) => string) => (value === null ? "–" : show(value));
  return [
    named(
      "Arms",
      `${"".padEnd(COLUMN)}${arms.map((arm) => `${arm === before ? "before" : "revision"} ${arm.rev}`.padStart(COLUMN)).join("")}`,
    ),
    row("signals", ({ signals }) => count(signals)),
    row("opened", ({ opened }) => count(opened)),
    row("refused", ({ reject_rate }) => or(reject_rate, (value) => percent(value, 1))),
    row("trades closed", ({ trades_closed }) => count(trades_closed)),
    row("net USDT", ({ pnl_usdt }) => money(pnl_usdt, 2, true)),
    row("mean ROE", ({ roe_mean }) => or(roe_mean, (value) => percent(value, 2, true))),
    row("drawdown USDT", ({ drawdown_usdt }) => money(drawdown_usdt, 2)),
    row("AUC", ({ auc }) => or(auc, (value) => number(value, 3))),
    ...arms.flatMap(({ rev, curve }) =>
      curve.length > 1
        ? [
            named(
              "",
              `${`curve of ${rev}`.padEnd(COLUMN)}${sparkline(
                curve.map(([, value]) => value),
                SPARK,
              )}`,
            ),
          ]
        : [],
    ),
  ];
}

const VERDICTS = { OK: green, BREACHED: red, NOT_ENOUGH: dim } as const;
function guardrailLine({ name, state, value, limit, sample, sample_min, detail }: GuardrailVerdict): string {
  const [used, most] = [Number(value), Number(limit)];
  const share = value !== null && most > 0 && Number.isFinite(used) ? ` ${bar(used / most, BAR)}` : "";
  const text =
    state === "NOT_ENOUGH"
      ? `${count(sample)} of ${count(sample_min)} to judge it`
      : `${value ?? "–"} of ${limit}${share}`;
  return `${VERDICTS[state]("●")} ${name.padEnd(12)}${text}  ${dim(detail)}`;
}

function heldLines(services: readonly RevisionHeld[]): string[] {
  if (services.length === 0) return [];
  const missing = services.filter(({ state }) => state !== "HAS");
  const has = `${services.length - missing.length} of ${services.length} have it`;
  return [
    named("Services", missing.length === 0 ? green(has) : yellow(has)),
    ...missing.map(({ service, replica, state, error }) =>
      named("", `${service} ${replica}: ${state.toLowerCase()}${error === undefined ? "" : `, ${red(error)}`}`),
    ),
  ];
}
