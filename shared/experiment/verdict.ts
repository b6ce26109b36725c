/** What experiments say of the hypotheses of one family: p-values adjusted over all of them, and each one's status. */
import type { ExperimentResult, Hypothesis } from "../domain/experiment.ts";
import { adjustedPs } from "../trading/stats/false-discovery.ts";

/** Of the hypotheses confirmed in a family, at most this share is false on average. */
export const DISCOVERY_RATE = 0.05;

type Basis = Pick<Hypothesis, "p_value" | "net_usdt" | "lookahead_passed">;

/** What counts of a result: what was not searched on, where there is such a part. */
export const basisOf = ({
  summary,
  out_of_sample,
  significance,
  lookahead,
}: Omit<ExperimentResult, "data">): Basis => ({
  p_value: significance.p_value,
  net_usdt: (out_of_sample?.summary ?? summary).net_usdt,
  ...(lookahead && { lookahead_passed: lookahead.passed }),
});

/**
 * The family with adjusted p-values and statuses, in the order given. One that was never tested stays OPEN and does not
 * count; too little data, or no look-ahead check, leaves one UNDECIDED.
 */
export function judgedFamily(family: readonly Hypothesis[]): Hypothesis[] {
  const tested = family.filter(({ p_value }) => p_value !== null);
  const adjusted = adjustedPs(tested.map(({ p_value }) => p_value as number));
  const byId = new Map(tested.map(({ hypothesis_id }, i) => [hypothesis_id, adjusted[i] as number]));
  return family.map((hypothesis) => {
    const adjusted_p = byId.get(hypothesis.hypothesis_id) ?? null;
    return { ...hypothesis, adjusted_p, status: statusOf(hypothesis, adjusted_p) };
  });
}

function statusOf(hypothesis: Hypothesis, adjusted_p: number | null): Hypothesis["status"] {
  if (adjusted_p === null) return hypothesis.status === "OPEN" ? "OPEN" : "UNDECIDED";
  const { net_usdt = "0", lookahead_passed } = hypothesis;
  if (adjusted_p > DISCOVERY_RATE || !(Number(net_usdt) > 0) || lookahead_passed === false) return "REFUTED";
  return lookahead_passed === undefined ? "UNDECIDED" : "CONFIRMED";
}
