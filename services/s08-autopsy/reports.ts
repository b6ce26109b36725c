/** Makes a trade's report when its inputs are there and have changed, keeps it, and remembers those that have to wait. */
import { createHash } from "node:crypto";
import { link, put } from "../../shared/changes.ts";
import { type AutopsyReport, autopsyReports, factsBlob, reportBlob } from "../../shared/collections/autopsy.ts";
import type { CostCurve } from "../../shared/collections/execution.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import type { Prices } from "../../shared/minute-prices.ts";
import { waitAfter } from "../../shared/trying-again.ts";
import type { AutopsyFacts } from "./facts.ts";
import { AFTERMATH_MS, type Gathered, gather, Missing } from "./gather.ts";
import { reportPage } from "./page/report-page.ts";
import type { Ports } from "./types.ts";
import { summaryOf } from "./words.ts";
import { factsOf } from "./work-out.ts";

const ID_CHARACTERS = 24;
type Closed = Gathered["trade"];
type Kept = Row<AutopsyReport> | undefined;

export interface Made {
  readonly report: AutopsyReport;
  readonly isNew: boolean;
}
interface Wish {
  readonly isForced: boolean;
  /** A person; none: by itself. */
  readonly actor?: string;
}

export class Reports {
  private readonly ports: Ports;
  private readonly prices: Prices;

  constructor(ports: Ports, prices: Prices) {
    this.ports = ports;
    this.prices = prices;
  }

  /** Throws Problem: 404 no such trade, 409 still open, 422 naming what is missing, 503 when prices cannot be asked. */
  async make(trade_id: string, wish: Wish): Promise<Made> {
    const trade = await this.closed(trade_id);
    const kept = await this.ports.store.get(autopsyReports, trade_id);
    try {
      return await this.madeOf(trade, kept, wish);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      const errors = error.inputs.map(({ code, detail }) => ({ field: code, message: detail }));
      return refuse("RULE", `No report of ${trade_id} yet: ${error.message}.`, { errors });
    }
  }

  /** As `make`, by itself: what cannot be made now is tried again later. Throws what says that prices are away. */
  async makeDue({ key, value, rev }: Row<AutopsyReport>): Promise<"made" | "same" | "waits"> {
    try {
      const { isNew } = await this.madeOf(await this.closed(key), { key, value, rev }, { isForced: false });
      return isNew ? "made" : "same";
    } catch (error) {
      if (error instanceof Missing) {
        await this.postpone({ key, value, rev }, error);
        return "waits";
      }
      const problem = asProblem(error);
      const isBug = problem.code === "INTERNAL";
      const isForLater = problem.status >= 500 || problem.code === "RATE_LIMITED" || problem.code === "CONFLICT";
      if (isForLater && !isBug) throw error;
      // What breaks one report holds up no other.
      await this.postpone({ key, value, rev }, new Missing([{ code: "REFUSED", detail: problem.message }]));
      if (isBug) throw error;
      return "waits";
    }
  }

  /** A trade has closed: its report is due when all of it is there. Nothing is changed where that is known. */
  async expect(trade: Trade): Promise<void> {
    if (trade.status !== "CLOSED" || trade.closed_at === undefined) return;
    const { store, clock, settings } = this.ports;
    const kept = await store.get(autopsyReports, trade.trade_id);
    if (kept) return;
    const { trade_id, account, instrument, strategy_id, side, opened_at, closed_at } = trade;
    const report: AutopsyReport = {
      ...{ trade_id, account, instrument, strategy_id, side, opened_at, closed_at, state: "WAITING" },
      ...{ summary: `The report of ${trade_id} is made when its last minute is over.`, missing: [], tries: 0 },
      ...{ due_at: closed_at + settings.settleMs, updated_at: clock.now() },
    };
    try {
      await store.commit([put(autopsyReports, report, null)]);
    } catch (error) {
      // Somebody asked for it at the same moment.
      if (asProblem(error).code !== "CONFLICT") throw error;
    }
  }

  async page(report: AutopsyReport): Promise<Uint8Array> {
    const body = report.report_id === undefined ? undefined : await this.ports.blobs.get(reportBlob(report.report_id));
    return body ?? refuse("NOT_FOUND", `There is no report of ${report.trade_id}: ${report.summary}`);
  }

  async facts({ report_id }: AutopsyReport): Promise<AutopsyFacts | undefined> {
    const body = report_id === undefined ? undefined : await this.ports.blobs.get(factsBlob(report_id));
    return body && (JSON.parse(new TextDecoder().decode(body)) as AutopsyFacts);
  }

  async row(trade_id: string): Promise<Row<AutopsyReport>> {
    return (
      (await this.ports.store.get(autopsyReports, trade_id)) ??
      refuse("NOT_FOUND", `There is no report of ${trade_id}; POST /autopsy/{trade_id} makes one.`)
    );
  }

  private async closed(trade_id: string): Promise<Closed> {
    const trade = (await this.ports.store.get(trades, trade_id))?.value;
    if (!trade) return refuse("NOT_FOUND", `There is no trade ${trade_id}.`);
    if (trade.status === "ABANDONED") refuse("RULE", `Nothing of ${trade_id} was ever filled.`);
    const { closed_at } = trade;
    if (trade.status !== "CLOSED" || closed_at === undefined) {
      return refuse("WRONG_STATE", `${trade_id} is ${trade.status}; it gets a report when it is closed.`);
    }
    return { ...trade, closed_at };
  }

  private async madeOf(trade: Closed, kept: Kept, { isForced, actor }: Wish): Promise<Made> {
    const before = kept && !isForced ? await this.curveOf(kept.value) : undefined;
    const gathered = await gather({ ports: this.ports, prices: this.prices }, trade, before);
    const facts = factsOf(gathered);
    const facts_hash = digest("facts", JSON.stringify(facts));
    const isSame = kept?.value.state === "READY" && kept.value.facts_hash === facts_hash;
    if (kept && isSame && !isForced && (await this.isThere(kept.value))) return this.again(kept);
    const { clock, store, blobs, audit } = this.ports;
    const report_id = digest("report", trade.trade_id, facts_hash).slice(0, ID_CHARACTERS);
    const { version, git_commit } = this.ports.build;
    const page = new TextEncoder().encode(reportPage(facts, { version, git_commit, report_id, facts_hash }));
    await blobs.put(reportBlob(report_id), page);
    await blobs.put(factsBlob(report_id), new TextEncoder().encode(JSON.stringify(facts)));
    const now = clock.now();
    const report: AutopsyReport = {
      ...headOf(facts),
      ...{ state: "READY", report_id, summary: summaryOf(facts), missing: [], tries: 0 },
      ...{ bytes: page.byteLength, hash: sha256(page), facts_hash, git_commit, made_at: now, updated_at: now },
      revision: (kept?.value.revision ?? 0) + (isSame ? 0 : 1) || 1,
      ...this.dueNext(trade),
    };
    const ops: Op[] = [put(autopsyReports, report, kept?.rev ?? null)];
    if (kept?.value.revision === undefined) ops.push(linkOf(trade));
    if (actor !== undefined) ops.push(audit({ actor, what: "autopsy.make", ref: trade.trade_id, outcome: report_id }));
    await store.commit(ops);
    await this.forget(kept?.value.report_id, report_id);
    return { report, isNew: true };
  }

  /** Nothing has changed but when it is looked at next. */
  private async again(kept: Row<AutopsyReport>): Promise<Made> {
    const { due_at: before, ...rest } = kept.value;
    const { due_at } = this.dueNext(rest);
    if (before === due_at) return { report: kept.value, isNew: false };
    const report: AutopsyReport = { ...rest, ...(due_at !== undefined && { due_at }) };
    await this.ports.store.commit([put(autopsyReports, report, kept.rev)]);
    return { report, isNew: false };
  }

  /** A day after the close, for what came after it, and for fills and funding that came late; then no more. */
  private dueNext({ closed_at }: Pick<AutopsyReport, "closed_at">): { due_at?: number } {
    const at = closed_at + AFTERMATH_MS + this.ports.settings.settleMs;
    return at > this.ports.clock.now() ? { due_at: at } : {};
  }

  private async postpone({ value, rev }: Row<AutopsyReport>, { inputs }: Missing): Promise<void> {
    const { store, clock, settings } = this.ports;
    const { due_at: _before, ...rest } = value;
    const tries = value.tries + 1;
    const why = inputs.map(({ detail }) => detail).join("; ");
    const report: AutopsyReport = {
      ...{ ...rest, missing: [...inputs], tries, updated_at: clock.now() },
      ...(value.state === "WAITING" && { summary: `No report of ${value.trade_id} yet: ${why}.` }),
      ...(tries < settings.triesMax && { due_at: clock.now() + waitAfter(tries, settings) }),
    };
    await store.commit([put(autopsyReports, report, rev)]);
  }

  private async curveOf(report: AutopsyReport): Promise<CostCurve | undefined> {
    return report.state === "READY" ? (await this.facts(report))?.curve : undefined;
  }
  private async isThere({ report_id }: AutopsyReport): Promise<boolean> {
    return report_id !== undefined && (await this.ports.blobs.get(reportBlob(report_id))) !== undefined;
  }
  private async forget(before: string | undefined, now: string): Promise<void> {
    if (before === undefined || before === now) return;
    await this.ports.blobs.delete(reportBlob(before));
    await this.ports.blobs.delete(factsBlob(before));
  }
}

function headOf({ trade, costs, regime, roi_net, holes }: AutopsyFacts) {
  const { trade_id, account, instrument, strategy_id, side, opened_at, exit_reason, config_rev } = trade;
  return {
    ...{ trade_id, account, instrument, strategy_id, side, opened_at, closed_at: trade.closed_at ?? opened_at },
    ...(regime !== undefined && { regime }),
    ...(exit_reason !== undefined && { exit_reason }),
    ...{ net_usdt: trade.pnl_usdt, roi_net, cost_share: Number(costs.share), holes, config_rev },
  };
}

const linkOf = ({ trade_id }: Trade): Op => link(`${autopsyReports.name}/${trade_id}`, `${trades.name}/${trade_id}`);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
