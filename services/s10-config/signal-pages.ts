/** Reads signals of the past page by page, each with what its live decision was told and what it earned by labels. */
import { LABELS } from "../../shared/collections/labels.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Horizon } from "../../shared/domain/simulation.ts";
import type { Clock, Row, Store } from "../../shared/kit/ports.ts";
import { whereOf } from "../../shared/paging.ts";
import type { SeenLabel, SeenSignal } from "../../shared/simulation/weigher.ts";
import type { HorizonH } from "../../shared/trading/labels/outcome.ts";

/** Signals at a time: read, and handed to another thread, within some milliseconds. */
const PAGE = 100;
const LABELS_PAGE = 1_000;
const HOURS: Readonly<Record<Horizon, HorizonH>> = { "12h": 12, "24h": 24, "36h": 36 };

export interface PagePorts {
  readonly store: Pick<Store, "get" | "query">;
  readonly clock: Pick<Clock, "sleep">;
}
export interface PagesAsked {
  /** From including, to excluding, of the signals' own times. */
  readonly window: { readonly from_ts: number; readonly to_ts: number };
  readonly instruments?: readonly InstrumentId[] | undefined;
  readonly horizons: readonly Horizon[];
  /** The revisions that are to weigh them. */
  readonly bundles: readonly Bundle[];
}

/** Strategies of which it matters what a model or a program said. */
export function strategiesAsked(bundles: readonly Bundle[]): ReadonlySet<string> {
  const asked = bundles.flatMap(({ strategies }) => strategies.filter(({ model, program }) => model || program));
  return new Set(asked.map(({ strategy_id }) => strategy_id));
}

/** When the newest `count` signals began, as far back as `from_ts`. */
export async function beginOfNewest({ store, clock }: PagePorts, count: number, from_ts: number): Promise<number> {
  let [left, cursor] = [count, undefined as string | undefined];
  let oldest = from_ts;
  do {
    await clock.sleep(0);
    const page = await store.query(signalsSeen, {
      where: { ts: { gte: from_ts } },
      sort: { field: "ts", order: "desc" },
      limit: Math.min(PAGE, left),
      ...(cursor !== undefined && { cursor }),
    });
    left -= page.items.length;
    cursor = page.next_cursor;
    oldest = page.items.at(-1)?.value.ts ?? oldest;
  } while (cursor !== undefined && left > 0);
  return left > 0 ? from_ts : oldest;
}

export class SignalPages {
  private readonly ports: PagePorts;
  private readonly asked: PagesAsked;
  private readonly strategies: ReadonlySet<string>;
  private cursor: string | undefined;
  private isOver = false;

  constructor(ports: PagePorts, asked: PagesAsked) {
    this.ports = ports;
    this.asked = asked;
    this.strategies = strategiesAsked(asked.bundles);
  }

  /** Oldest first; undefined when there are no more. */
  async next(): Promise<SeenSignal[] | undefined> {
    if (this.isOver) return undefined;
    const { window, instruments } = this.asked;
    const page = await this.ports.store.query(signalsSeen, {
      where: whereOf({
        ts: { gte: window.from_ts, lt: window.to_ts },
        instrument: instruments && { in: instruments },
      }),
      sort: { field: "ts", order: "asc" },
      limit: PAGE,
      ...(this.cursor !== undefined && { cursor: this.cursor }),
    });
    this.cursor = page.next_cursor;
    this.isOver = page.next_cursor === undefined;
    return this.withWhatIsKnown(page.items);
  }

  private async withWhatIsKnown(rows: readonly Row<Signal>[]): Promise<SeenSignal[]> {
    if (rows.length === 0) return [];
    const signals = rows.map(({ value }) => value);
    const labels: Record<string, Map<string, SeenLabel>> = {};
    for (const horizon of this.asked.horizons) labels[horizon] = await this.labelsOf(signals, horizon);
    const known = await this.decisionsOf(signals);
    return signals.map((signal) => ({
      signal,
      ...known.get(signal.signal_id),
      labels: Object.fromEntries(
        Object.entries(labels).flatMap(([horizon, by]) => {
          const label = by.get(signal.signal_id);
          return label ? [[horizon, label]] : [];
        }),
      ),
    }));
  }

  /** A label has its signal's own time. */
  private async labelsOf(signals: readonly Signal[], horizon: Horizon): Promise<Map<string, SeenLabel>> {
    const found = new Map<string, SeenLabel>();
    const { instruments } = this.asked;
    let cursor: string | undefined;
    do {
      await this.breathe();
      const page = await this.ports.store.query(LABELS[HOURS[horizon]], {
        where: whereOf({
          ts: { gte: signals[0]!.ts, lte: signals.at(-1)!.ts },
          instrument: instruments && { in: instruments },
        }),
        sort: { field: "ts", order: "asc" },
        limit: LABELS_PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      for (const { value } of page.items) {
        const { signal_id, side, roi_net, leverage } = value;
        found.set(signal_id, { side, roi_net, leverage });
      }
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return found;
  }

  private async decisionsOf(signals: readonly Signal[]): Promise<Map<string, Pick<SeenSignal, "model" | "program">>> {
    const found = new Map<string, Pick<SeenSignal, "model" | "program">>();
    const asked = signals.filter(({ strategy_id }) => this.strategies.has(strategy_id));
    if (asked.length > 0) await this.breathe();
    for (const { signal_id } of asked) {
      const decision = (await this.ports.store.get(decisionsMade, signal_id))?.value;
      if (decision) found.set(signal_id, saidIn(decision));
    }
    return found;
  }

  /** Others of the process have their turn. */
  private breathe(): Promise<void> {
    return this.ports.clock.sleep(0);
  }
}

function saidIn({ model, program }: { model?: SeenSignal["model"]; program?: SeenSignal["program"] }) {
  return {
    ...(model && { model: { hash: model.hash, p: model.p, ...(model.trouble && { trouble: model.trouble }) } }),
    ...(program && {
      program: {
        hash: program.hash,
        ...(program.wish && { wish: program.wish }),
        ...(program.trouble && { trouble: program.trouble }),
      },
    }),
  };
}
