import { afterAll, describe, expect, test } from "bun:test";
import { bunWorkers } from "../adapters/bun-workers.ts";
import { asProblem } from "../errors.ts";
import { type ComparisonOptions, createComparison } from "../simulation/comparison.ts";
import { LISTINGS, seen } from "../simulation/seen.fixture.ts";
import { strategyWith, viewWith } from "../trading/decision/decision.fixture.ts";
import { type ComparisonInput, comparisonTask } from "./comparison-task.ts";

const OPTIONS: ComparisonOptions = {
  active: viewWith(),
  candidate: viewWith(strategyWith({ long: { f: "obi_5", op: ">", v: 0.7 } })),
  listings: LISTINGS,
  horizons: ["12h"],
  sensitivity: { epsilon: 0.1, topk: 3, n_eval: 100 },
};
const SIGNALS = Array.from({ length: 300 }, (_, at) =>
  seen({
    at: at * 60,
    values: { obi_5: (at % 101) / 100 },
    labels: { "12h": { roi_net: at % 3 === 0 ? 0.1 : -0.02 } },
  }),
);
const workers = bunWorkers();
const crews = [workers.open(comparisonTask, OPTIONS, 1)];
const [crew] = crews;
afterAll(async () => {
  for (const each of crews) await each.close();
});

const refusal = async (work: Promise<unknown>) =>
  work.then(
    () => "no refusal",
    (error: unknown) => asProblem(error).code,
  );
const take = (before: number, page = SIGNALS.slice(before, before + 100)): ComparisonInput => ({
  kind: "take",
  before,
  page,
});

describe("a comparison in a thread of its own", () => {
  test("ends as it would in this one", async () => {
    for (const before of [0, 100, 200]) expect((await crew!.run(take(before))).taken).toBe(before + 100);
    const { compared } = await crew!.run({ kind: "result", before: 300 });
    const here = createComparison(OPTIONS);
    here.take(SIGNALS);
    expect(compared).toEqual(here.result());
  });

  test("says so when it does not remember what it was given", async () => {
    const fresh = workers.open(comparisonTask, OPTIONS, 1);
    crews.push(fresh);
    expect(await refusal(fresh.run(take(100)))).toBe("UNAVAILABLE");
    expect(await refusal(fresh.run({ kind: "result", before: 300 }))).toBe("UNAVAILABLE");
    expect((await fresh.run(take(0))).taken).toBe(100);
  });

  test("refuses a bundle that does not compile", async () => {
    const deep = viewWith(strategyWith({ long: { f: "obi_5", op: "in", vf: "mid" } as never }));
    const broken = workers.open(comparisonTask, { ...OPTIONS, candidate: deep }, 1);
    crews.push(broken);
    expect(await refusal(broken.run(take(0)))).toBe("INVALID");
  });
});
