/** Makes reports by itself: those that are due, and those of trades that closed while nobody was there. */
import { put } from "../../shared/changes.ts";
import { AUTOPSY_SEEN, type AutopsyReport, autopsyMarks, autopsyReports } from "../../shared/collections/autopsy.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Query } from "../../shared/kit/ports.ts";
import type { Reports } from "./reports.ts";
import type { Ports } from "./types.ts";

/** Reports of one turn; the next turn goes on. */
const BATCH = 5;
const PAGE = 200;
const DAY_MS = 86_400_000;
/** A close may become known so much later than it was. */
const LATE_MS = DAY_MS;
/** Between two reports others of the process have their turn. */
const BREATH_MS = 1;

export class Sweep {
  private readonly ports: Ports;
  private readonly reports: Reports;

  constructor(ports: Ports, reports: Reports) {
    this.ports = ports;
    this.reports = reports;
  }

  /** Those that are due, oldest first. Throws what says that prices are away. */
  async due(count: (what: "made" | "same" | "waits", report: AutopsyReport) => void): Promise<void> {
    const { store, clock } = this.ports;
    const where = { due_at: { lte: clock.now() } };
    const sort = { field: "due_at", order: "asc" } as const;
    const { items } = await store.query(autopsyReports, { where, sort, limit: BATCH });
    for (const row of items) {
      await clock.sleep(BREATH_MS);
      count(await this.reports.makeDue(row), row.value);
    }
  }

  /** Closed trades that nobody told of: looked for from a day before the last look, at most `catchUpDays` back. */
  async catchUp(): Promise<void> {
    const { store, clock, settings } = this.ports;
    const now = clock.now();
    const seen = (await store.get(autopsyMarks, AUTOPSY_SEEN))?.value.value;
    const earliest = now - settings.catchUpDays * DAY_MS;
    const from = Math.max(typeof seen === "number" ? seen - LATE_MS : 0, earliest);
    const query: Query = {
      where: { status: "CLOSED", closed_at: { gte: from } },
      sort: { field: "closed_at", order: "asc" },
      limit: PAGE,
    };
    let cursor: string | undefined;
    do {
      const page = await store.query(trades, cursor === undefined ? query : { ...query, cursor });
      for (const { value } of page.items) await this.reports.expect(value);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    await store.commit([put(autopsyMarks, { id: AUTOPSY_SEEN, value: now, ts: now })]);
  }
}
