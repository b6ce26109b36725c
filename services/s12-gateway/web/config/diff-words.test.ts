import { expect, test } from "bun:test";
import type { BundleChange } from "../../../../shared/domain/bundle-diff.ts";
import { translator } from "../i18n/translate.ts";
import { summaryWords } from "./diff-words.ts";
import "./messages.ts";

const t = translator("en");
const change = (of: Partial<BundleChange>): BundleChange => ({
  ...{ kind: "rules", id: "calm", op: "changed", path: "when.v" },
  ...of,
});

test("nothing changed says nothing", () => expect(summaryWords(t, [])).toEqual([]));
test("documents are counted by what happened to them, once each", () => {
  const words = summaryWords(t, [
    change({ path: "when.v", before: 1, after: 2 }),
    change({ path: "effect.size_mult", op: "added", after: 0.5 }),
    change({ id: "wild", op: "added", path: "", after: {} }),
    change({ kind: "factors", id: "mid", op: "removed", path: "", before: {} }),
  ]);
  expect(words).toEqual(["Rules added (1): wild", "Rules changed (1): calm", "Factors removed (1): mid"]);
});
test("flags are told with their values, long lists are cut", () => {
  const [risk] = summaryWords(t, [
    change({ kind: "flags", id: "risk", path: "budget_usdt", before: "50", after: "60" }),
    change({ kind: "flags", id: "risk", path: "trading_hours_utc", before: [], after: [[8, 20]] }),
  ]);
  expect(risk).toBe("flags.risk: budget_usdt 50 → 60, trading_hours_utc [] → [[8, 20]]");
  const many = Array.from({ length: 9 }, (_, i) =>
    change({ kind: "instruments", id: `FUT:X${i}`, op: "added", path: "" }),
  );
  expect(summaryWords(t, many)[0]).toEndWith("FUT:X5 and 3 more");
});
