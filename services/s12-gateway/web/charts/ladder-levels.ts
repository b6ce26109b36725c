/** The stop ladder as lines of the chart: rungs ahead, stages, liquidation, and a stop that is being dragged. */
import { toNumber } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { Rung } from "../state/stop-rungs.ts";
import type { LevelLine } from "./chart-marks.ts";

interface LadderView {
  trade: Trade;
  rungs: readonly Rung[];
  liquidation: string | undefined;
  draft: number | undefined;
}
interface LadderNames {
  rung: (rung: Rung) => string;
  liquidation: string;
  draft: string;
}
export interface LadderLines {
  readonly levels: readonly LevelLine[];
  /** Prices that the chart keeps in sight. */
  readonly fit: readonly number[];
}

/** Of a trade that is over: where it came in and where it left. */
export function closedLinesOf(trade: Trade, names: { entry: string; exit: string }): LadderLines {
  const levels: LevelLine[] = [
    { id: "entry", price: Number(trade.avg_entry), kind: "entry" as const, title: names.entry },
    { id: "exit", price: Number(trade.avg_exit ?? 0), kind: "order" as const, title: names.exit },
  ].filter((level) => level.price > 0);
  return {
    levels,
    fit: [...levels.map((level) => level.price), ...trade.stops.map((move) => Number(move.stop_price))],
  };
}

/** Only what comes next has a label: all of them would hide the price. */
export function ladderLinesOf({ trade, rungs, liquidation, draft }: LadderView, names: LadderNames): LadderLines {
  const ahead = rungs.filter((rung) => rung.state !== "done");
  const levels: LevelLine[] = ahead.map((rung) => ({
    id: `rung:${rung.kind}:${rung.atRoe}`,
    price: toNumber(rung.kind === "stage" ? rung.atPrice : rung.stop),
    kind: rung.kind === "stage" ? "stage" : "rung",
    title: names.rung(rung),
    isQuiet: rung.state !== "next",
  }));
  if (liquidation !== undefined && Number(liquidation) > 0) {
    levels.push({ id: "liquidation", price: Number(liquidation), kind: "liquidation", title: names.liquidation });
  }
  if (draft !== undefined) levels.push({ id: "draft", price: draft, kind: "draft", title: names.draft });
  const next = levels.filter((level) => (level.kind === "rung" || level.kind === "stage") && !level.isQuiet);
  const prices = [trade.avg_entry, trade.stop_price, trade.take_profit_price].map(Number).filter((price) => price > 0);
  return { levels, fit: [...prices, ...next.map((level) => level.price), ...(draft === undefined ? [] : [draft])] };
}
