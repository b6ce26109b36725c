/** What a promotion's revisions really did: read from what S2, S3, S4, S6 and S7 keep, a little further each time. */
import { LABELS, type Label } from "../../shared/collections/labels.ts";
import { modelKey, models } from "../../shared/collections/models.ts";
import { type IntentRecord, intents } from "../../shared/collections/orders.ts";
import { decisionOutcomes, decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { ArmMark } from "../../shared/domain/arms.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { ArmFigures, GuardrailVerdict, Promotion, RevisionRealised } from "../../shared/domain/promotion.ts";
import type { Collection, Query, Store } from "../../shared/kit/ports.ts";
import type { HorizonH } from "../../shared/trading/labels/outcome.ts";
import { ArmTally } from "../../shared/trading/promotion/arm-tally.ts";
import { judgeGuardrails, type PromotionLimits, scoresOf } from "../../shared/trading/promotion/guardrails.ts";
import { isEmpty, isItsDoing } from "./entry-ends.ts";
import { formerTally } from "./former-tally.ts";
import { Lane } from "./promotion-lane.ts";

/** Services commit what they decide within this. */
const OVERLAP_MS = 10_000;
/** A trade's end carries the exchange's time: a shard of S6 may have been away when it came, while others went on. */
const TRADES_OVERLAP_MS = 6 * 3_600_000;
const LABELS_OVERLAP_MS = 3_600_000;
const OPEN_MAX = 1_000;
const OPEN = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"];

interface Of extends Pick<Promotion, "promotion_id" | "mode" | "rev" | "from_rev" | "created_at"> {
  /** When the revision's first step began: from then on it realised what its drawdown is judged by. */
  since: number;
}
interface Arms<T> {
  stable: T;
  canary: T;
}

export class Evidence {
  readonly promotion_id: string;
  private readonly store: Store;
  private readonly of: Of;
  /** Of a FULL there is no other arm: `stable` is what the revision before it did last. */
  private readonly arms: Arms<ArmTally>;
  private readonly whole: ArmTally;
  private readonly isForAll: boolean;
  private readonly lanes: readonly (() => Promise<boolean>)[];
  /** Entries under way, with their arm. */
  private readonly underWay = new Map<string, ArmTally>();
  private open: Arms<number> = { stable: 0, canary: 0 };
  private verdicts: { by: string; all: GuardrailVerdict[] } | undefined;
  private horizons: ReadonlyMap<string, HorizonH> | undefined;
  private labelLanes: readonly (() => Promise<boolean>)[] = [];

  constructor(store: Store, of: Of) {
    this.promotion_id = of.promotion_id;
    this.store = store;
    this.of = of;
    this.arms = { stable: new ArmTally(of.from_rev), canary: new ArmTally(of.rev) };
    this.whole = new ArmTally(of.rev);
    this.isForAll = of.mode === "FULL";
    this.lanes = this.lanesOf();
  }

  /** Reads on; false: there is more to read before the figures are those of now. `bundles`: those of both arms. */
  async read(bundles: () => Promise<readonly Bundle[]>): Promise<boolean> {
    if (!this.horizons) await this.begin(await bundles());
    let isAll = true;
    for (const lane of [...this.lanes, ...this.labelLanes]) isAll = (await lane()) && isAll;
    await this.finishEntries();
    this.open = await this.openTrades();
    return isAll;
  }

  /** What the guardrails say; drawn anew only where there is more to judge by, since that takes its time. */
  judged(limits: PromotionLimits): GuardrailVerdict[] {
    const [stable, canary, whole] = [this.arms.stable.evidence(), this.arms.canary.evidence(), this.whole.evidence()];
    const counted = [stable, canary, whole].map(({ entries, rejected, closed, labels }) => [
      entries,
      rejected,
      closed,
      labels,
    ]);
    const by = JSON.stringify([limits, counted]);
    if (this.verdicts?.by !== by) {
      const whose = this.isForAll ? "the former's" : "the others'";
      this.verdicts = { by, all: judgeGuardrails({ stable, canary, whole, whose }, limits, this.promotion_id) };
    }
    return this.verdicts.all;
  }

  figures(): Arms<ArmFigures> & { realised: RevisionRealised } {
    const none = { trades_open: 0, auc: null, brier: null };
    const { trades_closed, pnl_usdt, drawdown_usdt, curve } = this.whole.figures(none);
    const realised = { since: this.of.since, trades_closed, pnl_usdt, drawdown_usdt, curve };
    return { stable: this.figuresOf("stable"), canary: this.figuresOf("canary"), realised };
  }

  private figuresOf(name: keyof Arms<unknown>): ArmFigures {
    const arm = this.arms[name];
    return arm.figures({ trades_open: this.open[name], ...scoresOf(arm.evidence()) });
  }

  private lanesOf() {
    const { store, of } = this;
    const from = of.created_at;
    const lane = <T>(collection: Collection<T>, field: keyof T & string, take: (value: T) => unknown) => {
      const read = new Lane<T>({ store, collection, field, from, overlapMs: OVERLAP_MS });
      return () => read.read(take);
    };
    const where: Query["where"] = { status: "CLOSED" };
    const overlapMs = TRADES_OVERLAP_MS;
    const closed = new Lane({ store, collection: trades, field: "closed_at", where, from: of.since, overlapMs });
    return [
      lane(signalsSeen, "ts", (signal) => this.armOf(signal)?.signal()),
      lane(decisionsMade, "ts", ({ decision, ...marked }) =>
        this.armOf(marked)?.decision({ opens: decision.action === "open" }),
      ),
      lane(decisionOutcomes, "ts", async ({ signal_id, code }) => {
        if (isItsDoing(code)) (await this.armOfSignal(signal_id))?.entry({ cameToNothing: true });
      }),
      lane(intents, "created_at", (record) => this.entry(record)),
      () =>
        closed.read(({ config_rev, opened_at, closed_at = 0, ...trade }) => {
          if (config_rev === of.rev) this.whole.closed({ ...trade, closed_at });
          if (opened_at >= from) this.ofRev(config_rev)?.closed({ ...trade, closed_at });
        }),
    ];
  }

  /** Of a signal or its decision: by its mark, and by its revision where that is in force for all. */
  private armOf({ arm, config_rev }: { arm?: ArmMark | undefined; config_rev: number }): ArmTally | undefined {
    if (this.isForAll) return this.ofRev(config_rev);
    if (arm?.promotion_id !== this.promotion_id) return undefined;
    return arm.name === "CANARY" ? this.arms.canary : this.arms.stable;
  }

  /** What the revision before a FULL still ends is counted for neither. */
  private ofRev(rev: number | undefined): ArmTally | undefined {
    const { stable, canary } = this.arms;
    return (this.isForAll ? [canary] : [stable, canary]).find((arm) => arm.rev === rev);
  }

  private async armOfSignal(signal_id: string): Promise<ArmTally | undefined> {
    const decision = (await this.store.get(decisionsMade, signal_id))?.value;
    return decision && this.armOf(decision);
  }

  private entry(record: IntentRecord): void {
    const arm = record.intent.kind === "ENTRY" ? this.ofRev(record.intent.config_rev) : undefined;
    if (!arm) return;
    if (record.state === "DONE") arm.entry({ cameToNothing: isEmpty(record) });
    else this.underWay.set(record.intent_id, arm);
  }

  private async finishEntries(): Promise<void> {
    for (const [intent_id, arm] of this.underWay) {
      const record = (await this.store.get(intents, intent_id))?.value;
      if (record?.state === "RUNNING") continue;
      this.underWay.delete(intent_id);
      if (record) arm.entry({ cameToNothing: isEmpty(record) });
    }
  }

  private async openTrades(): Promise<Arms<number>> {
    const where = { status: { in: OPEN }, opened_at: { gte: this.of.created_at } };
    const { items } = await this.store.query(trades, { where, limit: OPEN_MAX });
    const count = (rev: number) => items.filter(({ value }) => value.config_rev === rev).length;
    return { stable: count(this.of.from_rev), canary: count(this.of.rev) };
  }

  private async begin(bundles: readonly Bundle[]): Promise<void> {
    const { store, of } = this;
    if (this.isForAll) this.arms.stable = await formerTally(store, { rev: of.from_rev, until: of.created_at });
    await this.findHorizons(bundles);
  }

  /** Labels are read only where a strategy of one of the two has a model, and by that model's own horizon. */
  private async findHorizons(bundles: readonly Bundle[]): Promise<void> {
    const uses = bundles.flatMap(({ strategies }) => strategies.flatMap(({ model }) => (model ? [model] : [])));
    const horizons = new Map<string, HorizonH>();
    for (const { model_id, hash } of uses) {
      const card = await this.store.get(models, modelKey(model_id, hash));
      if (card) horizons.set(hash, card.value.label_horizon);
    }
    this.horizons = horizons;
    this.labelLanes = [...new Set(horizons.values())].map((horizonH) => {
      const { store, of } = this;
      const about = { store, field: "ts", from: of.created_at, overlapMs: LABELS_OVERLAP_MS } as const;
      const lane = new Lane<Label>({ ...about, collection: LABELS[horizonH] });
      return () => lane.read((label) => this.labelled(label));
    });
  }

  private async labelled({ signal_id, horizon_h, class: found }: Label): Promise<void> {
    const decision = (await this.store.get(decisionsMade, signal_id))?.value;
    if (!decision?.model || decision.model.p === null) return;
    const { p, hash } = decision.model;
    if (this.horizons?.get(hash) === horizon_h) this.armOf(decision)?.labelled({ p, positive: found === "pos" });
  }
}
