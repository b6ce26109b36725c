/** Reads kept rows of metrics step by step, from as coarse a collection as has them. */
import { type MetricStep, metricsTimeseries, type Scrape } from "../../shared/collections/operations.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Collection, Store } from "../../shared/kit/ports.ts";
import type { Figures } from "./fold.ts";
import type { Roller } from "./roller.ts";
import type { SeriesNames } from "./series-names.ts";
import { STEPS, type Steps } from "./steps.ts";

/** Rows in one answer, where all of a step are read and not only its last. */
const ROWS_MAX = 20_000;
const PAGE = 12;
/** Others have their turn after so many steps. */
const STEPS_PER_BREATH = 4;

/** What one service told in a step of time, or in one scrape. */
export interface KeptRow {
  /** The beginning of the step of the answer that it belongs to. */
  readonly start: number;
  readonly ts: number;
  /** When the last of it was scraped, as far as that is known. */
  readonly until: number;
  readonly values: Iterable<[key: string, figures: Figures]>;
}
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Every row of a step; else the last of each service. */
  readonly all: boolean;
  readonly service: string | undefined;
}
interface RowParts {
  readonly store: Pick<Store, "query">;
  readonly clock: Pick<Clock, "sleep">;
  readonly roller: Pick<Roller, "upTo">;
  readonly names: Pick<SeriesNames, "keyOf">;
  readonly services: number;
}
type Row = Scrape | MetricStep;

/** Oldest first; `steps` undefined: scrapes as they came. */
export async function* readRows(parts: RowParts, steps: Steps | undefined, range: Range): AsyncGenerator<KeptRow> {
  const { from, to, step } = range;
  let [done, rows] = [0, 0];
  for (let start = Math.floor(from / step) * step; start <= to; start += step) {
    const within = [Math.max(from, start), Math.min(to, start + step - 1)] as const;
    const source = sourceOf(parts.roller, steps, within[1]);
    for await (const row of rowsOf(parts, source, { ...range, within })) {
      if (++rows > ROWS_MAX) refuse("INVALID", `step: more than ${ROWS_MAX} rows; take a shorter time or one service`);
      yield keptRow(row, { start, source, names: parts.names });
    }
    if (++done % STEPS_PER_BREATH === 0) await parts.clock.sleep(0);
  }
}

/** The newest time is not rolled up yet: there it is what is finer. */
function sourceOf(roller: RowParts["roller"], steps: Steps | undefined, until: number): Steps | undefined {
  let at = steps === undefined ? -1 : STEPS.indexOf(steps);
  while (at >= 0 && until >= roller.upTo(STEPS[at]!.name)) at--;
  return STEPS[at];
}

interface Part extends Range {
  readonly within: readonly [from: number, to: number];
}
async function* rowsOf({ store, services }: RowParts, source: Steps | undefined, part: Part): AsyncGenerator<Row> {
  const { all, service, within } = part;
  const kept = (source?.kept ?? metricsTimeseries) as Collection<Row>;
  const where = { ...(service !== undefined && { service }), ts: { gte: within[0], lte: within[1] } };
  const order = all ? ("asc" as const) : ("desc" as const);
  const limit = all ? PAGE : service === undefined ? services : 1;
  const query = { where, sort: { field: "ts", order }, limit };
  let cursor: string | undefined;
  do {
    const page = await store.query(kept, { ...query, ...(cursor !== undefined && { cursor }) });
    for (const { value } of page.items) yield value;
    cursor = page.next_cursor;
  } while (all && cursor !== undefined);
}

interface Place {
  readonly start: number;
  readonly source: Steps | undefined;
  readonly names: RowParts["names"];
}
function keptRow(row: Row, { start, source, names }: Place): KeptRow {
  const { ts, service } = row;
  if (source === undefined) return { start, ts, until: ts, values: scraped(row as Scrape, names) };
  const values = Object.entries((row as MetricStep).values);
  return {
    ...{ start, ts, until: ts + source.ms },
    values: values.map(([id, figures]) => [names.keyOf(service, id), figures]),
  };
}
function* scraped({ service, values }: Scrape, names: RowParts["names"]): Iterable<[string, Figures]> {
  for (const [id, value] of Object.entries(values)) yield [names.keyOf(service, id), [value, value, value, value, 1]];
}
