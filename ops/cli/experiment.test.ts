import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, requestOf, rowLines } from "./experiment.ts";
import { linesOf, recordOf } from "./hypothesis.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-experiment-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("what cannot be asked is said before anything is", () => {
  expect(() => requestOf({})).toThrow("--design FILE or --hypothesis ID");
  expect(() => requestOf({ design: "a.yaml", hypothesis: "b" })).toThrow("one of the two");
  expect(requestOf({ hypothesis: "dips-turn", title: "again" })).toEqual({
    hypothesis_id: "dips-turn",
    title: "again",
  });
  expect(command.run(["show"])).rejects.toThrow("Name one: ./chimera experiment show ID");
  expect(command.run(["dance"])).rejects.toThrow("Say what to do");
  expect(command.run(["list", "--trials", "t.xlsx"])).rejects.toThrow("--trials t.xlsx");
});

test("a hypothesis comes from its file, dates as days", () => {
  const file = join(folder, "dips.yaml");
  writeFileSync(
    file,
    "hypothesis_id: dips-turn\ntitle: Dips turn\nstatement: They do.\ndesign: { bundle: active, window: { from: 2025-05-04, to: 2025-06-01 } }\n",
  );
  expect(recordOf(file)).toMatchObject({
    design: { bundle: "active", window: { from: Date.UTC(2025, 4, 4), to: Date.UTC(2025, 5, 1) } },
  });
});

test("lists say what was judged, and on how many tries", () => {
  const lines = rowLines({
    ...{ exp_id: "exp-abcd", title: "Take profit", status: "DONE", bundle: "active: mine rev 2", author: "rita" },
    design: { method: "WALK_FORWARD" },
    ...{ progress: { done: 9, total: 9, stage: "" }, created_at: Date.UTC(2026, 0, 2) },
    out_of_sample: { net_usdt: "-3.5", total_return: -0.0004, trades: 41 },
    significance: { deflated_sharpe: 0.31, trials: 60, mann_whitney_p: null, p_value: null },
  } as never);
  expect(lines[0]).toContain("−3.50 USDT, −0.04 % unseen, 41 trades, deflated Sharpe 31 % on 60 trials");
  expect(lines[1]).toContain("exp-abcd · WALK_FORWARD · active: mine rev 2 · 2026-01-02 00:00 UTC");
  const told = linesOf({
    ...{ hypothesis_id: "dips-turn", title: "Dips turn", statement: "They do.", family: "dips", status: "REFUTED" },
    ...{ p_value: 0.4, adjusted_p: 0.61, trials: 60, experiments: ["exp-abcd"], created_at: 0, author: "rita" },
  } as never);
  expect(told[0]).toContain("REFUTED, p 0.400, adjusted 0.610");
});
