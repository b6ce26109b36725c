/** Writes what was found about signals: labels once, corrections with a revision, and why there is none, in one commit. */
import { emit, link, put, remove } from "../../shared/changes.ts";
import { gapKey, LABELS, type Label, type LabelGap, labelGaps } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { type LabelsReady, labelsReady } from "../../shared/streams.ts";
import type { HorizonH } from "../../shared/trading/labels/outcome.ts";
import { waitAfter } from "../../shared/trying-again.ts";
import type { Computed, Finding, Ports } from "./types.ts";

export interface Found {
  readonly signal: Signal;
  readonly finding: Finding;
}
export interface Why {
  readonly horizonH: HorizonH;
  readonly cause: LabelsReady["cause"];
  readonly job_id?: string;
}
export interface Tally {
  updated: number;
  /** The same as before. */
  skipped: number;
  without_side: number;
  failed: number;
  errors: { signal_id: string; code: string; detail: string }[];
}
export const emptyTally = (): Tally => ({ updated: 0, skipped: 0, without_side: 0, failed: 0, errors: [] });

export interface Meters {
  label(label: Label): void;
  gap(gap: LabelGap): void;
}

export class LabelWriter {
  private readonly ports: Ports;
  private readonly meters: Meters;

  constructor(ports: Ports, meters: Meters) {
    this.ports = ports;
    this.meters = meters;
  }

  /** `also` goes into the same commit: the mark or job that says how far it has come. Nothing to write is no commit. */
  async keep(found: readonly Found[], why: Why, also: (tally: Tally) => Op[]): Promise<Tally> {
    const tally = emptyTally();
    const ops: Op[] = [];
    const labels: Label[] = [];
    const gaps: LabelGap[] = [];
    for (const { signal, finding } of found) {
      const before = await this.ports.store.get(LABELS[why.horizonH], signal.signal_id);
      const open = await this.ports.store.get(labelGaps, gapKey(why.horizonH, signal.signal_id));
      if (finding.label) {
        if (open) ops.push(remove(labelGaps, open.key, open.rev));
        const label = this.renewed(finding.label, before);
        if (!label) tally.skipped += 1;
        else {
          tally.updated += 1;
          labels.push(label);
          ops.push(put(LABELS[why.horizonH], label, before?.rev ?? null), lineage(label));
        }
        continue;
      }
      const { code, detail } = finding.gap;
      if (code === "NOTHING_TO_TRADE") tally.without_side += 1;
      else {
        tally.failed += 1;
        tally.errors.push({ signal_id: signal.signal_id, code, detail });
      }
      // What was told once stays: it was computed when everything was there.
      if (before) {
        if (open) ops.push(remove(labelGaps, open.key, open.rev));
        continue;
      }
      const gap = this.gapOf(signal, why.horizonH, { code, detail, open: open?.value });
      gaps.push(gap);
      ops.push(put(labelGaps, gap, open?.rev ?? null));
    }
    if (labels.length > 0) ops.push(emit(labelsReady, this.news(labels, why)));
    ops.push(...also(tally));
    if (ops.length > 0) await this.ports.store.commit(ops);
    for (const label of labels) this.meters.label(label);
    for (const gap of gaps) this.meters.gap(gap);
    return tally;
  }

  /** Nothing when it would be the same label again. */
  private renewed(computed: Computed, before: Row<Label> | undefined): Label | undefined {
    if (before?.value.inputs_hash === computed.inputs_hash) return undefined;
    const revision = (before?.value.revision ?? 0) + 1;
    return { ...computed, revision, computed_at: this.ports.clock.now() };
  }

  private gapOf(
    { signal_id, instrument, strategy_id, ts }: Signal,
    horizonH: HorizonH,
    { code, detail, open }: Pick<LabelGap, "code" | "detail"> & { open: LabelGap | undefined },
  ): LabelGap {
    const { clock, settings } = this.ports;
    const now = clock.now();
    const tries = (open?.tries ?? 0) + 1;
    const isSettled = code === "NOTHING_TO_TRADE" || tries >= settings.triesMax;
    return {
      gap_id: gapKey(horizonH, signal_id),
      ...{ signal_id, horizon_h: horizonH, instrument, strategy_id, code, detail },
      state: isSettled ? "SETTLED" : "OPEN",
      tries,
      next_try_at: now + waitAfter(tries, settings),
      ts,
      first_at: open?.first_at ?? now,
      updated_at: now,
    };
  }

  private news(labels: readonly Label[], { horizonH, cause, job_id }: Why): LabelsReady {
    return {
      horizon_h: horizonH,
      cause,
      ...(job_id !== undefined && { job_id }),
      labels: labels.map(({ signal_id, class: name, roi_net, counterfactual, revision }) => ({
        ...{ signal_id, class: name, roi_net, counterfactual, revision },
      })),
      ts: this.ports.clock.now(),
    };
  }
}

const lineage = ({ horizon_h, signal_id }: Label): Op =>
  link(`${LABELS[horizon_h].name}/${signal_id}`, `${signalsSeen.name}/${signal_id}`);
