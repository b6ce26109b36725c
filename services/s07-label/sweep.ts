/** Labels what has become due, tries again what was missing, and looks again at trades whose fills or funding came late. */
import { put, remove } from "../../shared/changes.ts";
import { gapKey, LABELS, type LabelGap, labelGaps, labelMarks } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { HORIZONS_H, type HorizonH, horizonMs } from "../../shared/trading/labels/outcome.ts";
import type { Found, LabelWriter, Why } from "./label-writer.ts";
import type { Labeller } from "./labeller.ts";
import type { Ports } from "./types.ts";

/** Signals of one commit. */
export const BATCH = 50;
const HOUR_MS = 3_600_000;
/** Of one sweep and question; what is beyond it, after a long absence, the next sweep goes on with. */
const BATCHES_MAX = 100;
/** Fills that a reconciliation finds, and funding records, come at the latest after two days. */
const RECHECK_H = [1, 24, 48] as const;

export class Sweep {
  private readonly ports: Ports;
  private readonly labeller: Labeller;
  private readonly writer: LabelWriter;

  constructor(ports: Ports, labeller: Labeller, writer: LabelWriter) {
    this.ports = ports;
    this.labeller = labeller;
    this.writer = writer;
  }

  /** Throws when bars cannot be asked for now; what was written by then stays, and the next one goes on from there. */
  async run(): Promise<void> {
    for (const horizonH of HORIZONS_H) {
      await this.due(horizonH);
      await this.missing(horizonH);
      for (const hours of RECHECK_H) await this.recheck(horizonH, hours);
    }
  }

  /** Up to when signals are due. */
  dueTs(horizonH: HorizonH): number {
    return this.ports.clock.now() - horizonMs(horizonH) - this.ports.settings.settleMs;
  }

  private async due(horizonH: HorizonH): Promise<void> {
    const { store } = this.ports;
    const id = `due/${horizonH}h`;
    const why: Why = { horizonH, cause: "DUE" };
    await this.pages(id, this.dueTs(horizonH), async (ts, cursor) => {
      const query = { where: { ts }, sort: { field: "ts", order: "asc" }, limit: BATCH } as const;
      const page = await store.query(signalsSeen, cursor === undefined ? query : { ...query, cursor });
      const found: Found[] = [];
      for (const { value } of page.items) {
        if (!(await this.isKnown(value, horizonH))) found.push(await this.found(value, horizonH));
      }
      return { found, why, last: page.items.at(-1)?.value.ts, next: page.next_cursor };
    });
  }

  private async recheck(horizonH: HorizonH, hours: number): Promise<void> {
    const { store } = this.ports;
    const why: Why = { horizonH, cause: "RECHECK" };
    await this.pages(`recheck/${horizonH}h/${hours}h`, this.dueTs(horizonH) - hours * HOUR_MS, async (ts, cursor) => {
      const where = { counterfactual: false, ts };
      const query = { where, sort: { field: "ts", order: "asc" }, limit: BATCH } as const;
      const page = await store.query(LABELS[horizonH], cursor === undefined ? query : { ...query, cursor });
      const found: Found[] = [];
      for (const { value } of page.items) {
        const signal = (await store.get(signalsSeen, value.signal_id))?.value;
        if (signal) found.push(await this.found(signal, horizonH));
      }
      return { found, why, last: page.items.at(-1)?.value.ts, next: page.next_cursor };
    });
  }

  /** Page by page from the mark on, the mark moving with what is written. The last one is looked at once more. */
  private async pages(
    id: string,
    upTo: number,
    read: (
      ts: { gte: number; lte: number },
      cursor: string | undefined,
    ) => Promise<{ found: Found[]; why: Why; last: number | undefined; next: string | undefined }>,
  ): Promise<void> {
    const { store, clock } = this.ports;
    let mark = (await store.get(labelMarks, id))?.value.upto_ts ?? 0;
    const ts = { gte: mark, lte: upTo };
    let cursor: string | undefined;
    let left = BATCHES_MAX;
    do {
      const { found, why, last, next } = await read(ts, cursor);
      const moved: Op[] = [];
      if (last !== undefined && last > mark) moved.push(put(labelMarks, { id, upto_ts: last, ts: clock.now() }));
      await this.writer.keep(found, why, () => moved);
      mark = last ?? mark;
      cursor = next;
    } while (cursor !== undefined && --left > 0);
  }

  private async missing(horizonH: HorizonH): Promise<void> {
    const { store, clock } = this.ports;
    const next_try_at = { lte: clock.now() };
    const query = { where: { state: "OPEN", horizon_h: horizonH, next_try_at }, limit: BATCH };
    // What is tried again gets a later time, so that the first page is always another one.
    for (let left = BATCHES_MAX; left > 0; left--) {
      const { items } = await store.query(labelGaps, query);
      if (items.length === 0) return;
      const found: Found[] = [];
      const gone: LabelGap[] = [];
      for (const { value } of items) {
        const signal = (await store.get(signalsSeen, value.signal_id))?.value;
        if (signal) found.push(await this.found(signal, horizonH));
        else gone.push(value);
      }
      const why: Why = { horizonH, cause: "DUE" };
      await this.writer.keep(found, why, () => gone.map(({ gap_id }) => remove(labelGaps, gap_id)));
    }
  }

  private async found(signal: Signal, horizonH: HorizonH): Promise<Found> {
    return { signal, finding: await this.labeller.look(signal, horizonH) };
  }

  private async isKnown({ signal_id }: Signal, horizonH: HorizonH): Promise<boolean> {
    const { store } = this.ports;
    if (await store.get(LABELS[horizonH], signal_id)) return true;
    return (await store.get(labelGaps, gapKey(horizonH, signal_id))) !== undefined;
  }
}
