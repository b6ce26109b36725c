/** What one arm of a promotion really did, folded from its records one by one; of bounded size, however long it goes. */
import { type Amount, add, dec, div, max, show, sub, toNumber, zero } from "../../domain/money.ts";
import type { ArmFigures } from "../../domain/promotion.ts";

const CURVE_MAX = 300;
/** The newest of them tell; older ones are counted and summed. */
const ROES_MAX = 1_000;
const FORECASTS_MAX = 2_000;

export interface ClosedTrade {
  closed_at: number;
  /** USDT, net of fees and funding. */
  pnl_usdt: string;
  margin_usdt: string;
}
/** What the arm's model said of a signal, and whether its label is `pos`. */
export interface Forecast {
  readonly p: number;
  readonly positive: boolean;
}

export class ArmTally {
  readonly rev: number;
  private readonly counts = { signals: 0, decisions: 0, opened: 0, entries: 0, rejected: 0, closed: 0, labels: 0 };
  private pnl = zero;
  private peak = zero;
  private drawdown = zero;
  private roeSum = 0;
  private readonly roes: number[] = [];
  private readonly forecasts: Forecast[] = [];
  private curve: [number, number][] = [];

  constructor(rev: number) {
    this.rev = rev;
  }

  signal(): void {
    this.counts.signals++;
  }
  decision({ opens }: { opens: boolean }): void {
    this.counts.decisions++;
    if (opens) this.counts.opened++;
  }
  /** An entry whose end is known. `cameToNothing`: refused, or over without a fill. */
  entry({ cameToNothing }: { cameToNothing: boolean }): void {
    this.counts.entries++;
    if (cameToNothing) this.counts.rejected++;
  }
  /** In order of their closing. */
  closed(trade: ClosedTrade): void {
    const pnl = dec(trade.pnl_usdt);
    this.counts.closed++;
    this.pnl = add(this.pnl, pnl);
    this.peak = max(this.peak, this.pnl);
    this.drawdown = max(this.drawdown, sub(this.peak, this.pnl));
    const roe = roeOf(pnl, dec(trade.margin_usdt));
    this.roeSum += roe;
    keep(this.roes, roe, ROES_MAX);
    this.curve.push([trade.closed_at, toNumber(this.pnl)]);
    if (this.curve.length >= CURVE_MAX) this.curve = this.curve.filter((_, at) => at % 2 === 1);
  }
  /** In order of their signals. */
  labelled(forecast: Forecast): void {
    this.counts.labels++;
    keep(this.forecasts, forecast, FORECASTS_MAX);
  }

  /** What guardrails judge by. */
  evidence() {
    const { entries, rejected, closed, labels } = this.counts;
    const { drawdown } = this;
    return { entries, rejected, closed, labels, drawdown, roes: [...this.roes], forecasts: [...this.forecasts] };
  }

  /** As people see it; AUC and Brier are of its model over the newest labels. */
  figures(now: { trades_open: number; auc: number | null; brier: number | null }): ArmFigures {
    const { signals, decisions, opened, entries, rejected, closed, labels } = this.counts;
    return {
      ...{ rev: this.rev, signals, decisions, opened, entries, rejected },
      reject_rate: entries === 0 ? null : rejected / entries,
      trades_closed: closed,
      trades_open: now.trades_open,
      pnl_usdt: show(this.pnl),
      roe_mean: closed === 0 ? null : this.roeSum / closed,
      drawdown_usdt: show(this.drawdown),
      ...{ labels, auc: now.auc, brier: now.brier, curve: [...this.curve] },
    };
  }
}
export type Evidence = ReturnType<ArmTally["evidence"]>;

function keep<T>(all: T[], one: T, most: number): void {
  all.push(one);
  if (all.length > most) all.shift();
}
const roeOf = (pnl: Amount, margin: Amount): number => (margin === zero ? 0 : toNumber(div(pnl, margin, "nearest")));
