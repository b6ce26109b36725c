/** Reads what a model learns from: labels known when the training was asked for, each with its signal as it was seen. */
import { LABELS, type Label } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { NewTraining, TrainingData } from "../../shared/domain/training.ts";
import type { Query, Store } from "../../shared/kit/ports.ts";
import { whereOf, within } from "../../shared/paging.ts";
import { InputCensus, type LabelledSignal } from "../../shared/trading/model/training-rows.ts";

/** Labels of a page, each of whose signals is then looked up. */
const PAGE = 200;

type Reader = Pick<Store, "get" | "query" | "count">;

export const labelsAsked = ({ strategies, instruments, window }: NewTraining): NonNullable<Query["where"]> =>
  whereOf({
    ts: within(window.from_ts, window.to_ts),
    strategy_id: strategies && { in: strategies },
    instrument: instruments && { in: instruments },
  });

export class TrainingReader {
  readonly signals: LabelledSignal[] = [];
  readonly census = new InputCensus();
  readonly counts: Pick<TrainingData, "labels" | "counterfactual" | "later" | "without_signal"> = {
    ...{ labels: 0, counterfactual: 0, later: 0, without_signal: 0 },
  };
  private readonly store: Reader;
  private readonly asked: NewTraining;
  private readonly knownAt: number;
  private cursor: string | undefined;

  constructor(store: Reader, asked: NewTraining, knownAt: number) {
    this.store = store;
    this.asked = asked;
    this.knownAt = knownAt;
  }

  /** The next labels, oldest first; false when these were the last. */
  async page(): Promise<boolean> {
    const { items, next_cursor } = await this.store.query(LABELS[this.asked.label_horizon], {
      where: labelsAsked(this.asked),
      sort: { field: "ts", order: "asc" },
      limit: PAGE,
      ...(this.cursor !== undefined && { cursor: this.cursor }),
    });
    const found = await Promise.all(items.map(({ value }) => this.store.get(signalsSeen, value.signal_id)));
    for (const [i, { value: label }] of items.entries()) this.add(label, found[i]?.value.features.values);
    this.cursor = next_cursor;
    return next_cursor !== undefined;
  }

  private add(label: Label, values: LabelledSignal["values"] | undefined): void {
    const { counts } = this;
    counts.labels += 1;
    if (label.counterfactual) counts.counterfactual += 1;
    // A correction that came later hides what was known then: neither of the two is taken.
    if (label.computed_at > this.knownAt) counts.later += 1;
    else if (values === undefined) counts.without_signal += 1;
    else {
      const signal: LabelledSignal = {
        ...{ signal_id: label.signal_id, from_ts: label.t0, to_ts: label.until, values },
        ...{ side: label.side === "BUY" ? 1 : -1, positive: label.class === "pos" },
        counterfactual: label.counterfactual,
      };
      this.signals.push(signal);
      this.census.add(signal);
    }
  }
}
