/** Hypotheses on record before they are looked at; what experiments say of them is written by the runner. */
import { put } from "../../shared/changes.ts";
import { hypotheses } from "../../shared/collections/experiments.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import type { Hypothesis } from "../../shared/domain/experiment.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import type { HypothesesQuery, NewHypothesis } from "./experiment-types.ts";
import type { ExperimentPorts } from "./experiments.ts";
import { resolveDesign } from "./resolve-design.ts";

export class Hypotheses {
  private readonly ports: ExperimentPorts;

  constructor(ports: ExperimentPorts) {
    this.ports = ports;
  }

  /**
   * The same again answers what is on record; other words or another design under the same id are a CONFLICT, since
   * what is to be refuted does not change afterwards. A bundle that is named is copied as it is now.
   */
  async record(asked: NewHypothesis, author: string): Promise<Hypothesis> {
    const { store, clock, audit } = this.ports;
    const { hypothesis_id } = asked;
    const known = (await store.get(hypotheses, hypothesis_id))?.value;
    const { design } = await resolveDesign(store, asked.design);
    const now = clock.now();
    const hypothesis: Hypothesis = {
      ...{ ...asked, design, p_value: null, adjusted_p: null, status: "OPEN", trials: 0, experiments: [], author },
      ...{ created_at: now, updated_at: now },
    };
    if (known) return asRecorded(known, hypothesis);
    const entry = { actor: author, what: "hypothesis.record", ref: hypothesis_id, outcome: "stored", after: asked };
    try {
      await store.commit([put(hypotheses, hypothesis, null), audit(entry)], { sync: "full" });
      return hypothesis;
    } catch (error) {
      const first = (await store.get(hypotheses, hypothesis_id))?.value;
      if (asProblem(error).code !== "CONFLICT" || !first) throw error;
      return asRecorded(first, hypothesis);
    }
  }

  async list({ family, status, ...asked }: HypothesesQuery) {
    return pageOf(await this.ports.store.query(hypotheses, newestFirst(asked, "created_at", { family, status })));
  }

  async read(hypothesis_id: string): Promise<Hypothesis> {
    const row = await this.ports.store.get(hypotheses, hypothesis_id);
    return row?.value ?? refuse("NOT_FOUND", `There is no hypothesis ${hypothesis_id}.`);
  }
}

const said = ({ title, statement, family, design }: Hypothesis): string =>
  canonicalHash({ title, statement, family, design });

function asRecorded(known: Hypothesis, asked: Hypothesis): Hypothesis {
  if (said(known) === said(asked)) return known;
  return refuse("CONFLICT", `Hypothesis ${known.hypothesis_id} is on record otherwise; what is to be tested stays.`);
}
