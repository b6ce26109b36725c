/** A hypothesis after an experiment of it: its p-value, and the statuses of all that are tested together with it. */
import { put } from "../../shared/changes.ts";
import { hypotheses, trials } from "../../shared/collections/experiments.ts";
import { canonicalJson } from "../../shared/domain/canonical.ts";
import type { ExperimentRow, Hypothesis } from "../../shared/domain/experiment.ts";
import { NO_PRIOR, type PriorTrials } from "../../shared/experiment/experiment.ts";
import { judgedFamily } from "../../shared/experiment/verdict.ts";
import type { Op, Row, Store } from "../../shared/kit/ports.ts";

const PAGE = 1_000;

export interface Tested extends Pick<Hypothesis, "p_value" | "net_usdt" | "lookahead_passed"> {
  /** Of this experiment. */
  readonly trials: number;
  readonly now: number;
}

/** What of earlier experiments counts against the next one. */
export async function priorOf(store: Store, { hypothesis_id }: ExperimentRow): Promise<PriorTrials> {
  const hypothesis = hypothesis_id === undefined ? undefined : (await store.get(hypotheses, hypothesis_id))?.value;
  return hypothesis ? { count: hypothesis.trials, sharpes: [] } : NO_PRIOR;
}

/** What was searched by one that ends without a result: it was seen, and counts against the next. */
export async function unendedWith(store: Store, { exp_id, hypothesis_id }: ExperimentRow, now: number): Promise<Op[]> {
  if (hypothesis_id === undefined) return [];
  const tried = await store.count(trials, searchedBy(exp_id));
  const row = await store.get(hypotheses, hypothesis_id);
  if (!row || tried === 0) return [];
  return [put(hypotheses, { ...row.value, trials: row.value.trials + tried, updated_at: now }, row.rev)];
}

/** Trials of which one is chosen. */
export const searchedBy = (exp_id: string) => ({ exp_id, role: { in: ["search", "train"] } }) as const;

/** To be committed with the result; a commit fails with CONFLICT when another of the family was written meanwhile. */
export async function familyWith(store: Store, hypothesis_id: string, tested: Tested): Promise<Op[]> {
  const own = (await store.get(hypotheses, hypothesis_id))?.value;
  if (!own) return [];
  const rows = await familyOf(store, own.family);
  const { trials: tried, now, ...basis } = tested;
  const status = "UNDECIDED" as const;
  const before = rows.map(({ value }): Hypothesis => {
    if (value.hypothesis_id !== hypothesis_id) return value;
    const { net_usdt: _net, lookahead_passed: _passed, ...rest } = value;
    return { ...rest, ...basis, status, trials: value.trials + tried, updated_at: now };
  });
  const judged = judgedFamily(before);
  return rows.flatMap(({ value, rev }, i) => {
    const next = judged[i] as Hypothesis;
    return canonicalJson(next) === canonicalJson(value) ? [] : [put(hypotheses, { ...next, updated_at: now }, rev)];
  });
}

async function familyOf(store: Store, family: string): Promise<Row<Hypothesis>[]> {
  const rows: Row<Hypothesis>[] = [];
  let cursor: string | undefined;
  do {
    const sort = { field: "created_at", order: "asc" } as const;
    const page = await store.query(hypotheses, {
      where: { family },
      sort,
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return rows;
}
