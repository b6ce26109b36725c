import { describe, expect, test } from "bun:test";
import type { Message } from "../../shared/kit/ports.ts";
import { createBacklog } from "./live-backlog.ts";

const OVERLAP_MS = 10_000;
const said = (n: number, ts: number, stream = "a"): Message => ({
  ...{ id: `m${n}`, stream, key: "", version: 1, event: { n }, ts, attempt: 1 },
});
const numbers = (kept: readonly { frame: { data: string } }[]) =>
  kept.map(({ frame }) => (JSON.parse(frame.data) as { event: { n: number } }).event.n);

/** Messages a minute apart, so that none comes again. */
function filled(count: number, keptMax: number) {
  const backlog = createBacklog(keptMax);
  const ids = Array.from({ length: count }, (_, n) => backlog.add("f", said(n, n * 60_000))?.id as string);
  return { backlog, ids };
}

describe("what is kept for those who come back", () => {
  test("is what came after the last event seen", () => {
    const { backlog, ids } = filled(5, 10);
    const { isWhole, kept } = backlog.since(ids[2] as string);
    expect([isWhole, numbers(kept)]).toEqual([true, [3, 4]]);
    expect(numbers(backlog.since(ids[4] as string).kept)).toEqual([]);
  });
  test("is not whole where it was dropped, or where nobody knows the event", () => {
    const { backlog, ids } = filled(20, 10);
    expect(backlog.since(ids[10] as string)).toMatchObject({ isWhole: true });
    expect(backlog.since(ids[9] as string)).toEqual({ isWhole: false, kept: [] });
    for (const unknown of ["", "17", "999-abc"]) expect(backlog.since(unknown).isWhole).toBe(false);
  });
  test("counts once what is heard twice, or heard and read", () => {
    const { backlog } = filled(2, 10);
    expect(backlog.add("f", said(1, 60_000))).toBeUndefined();
    backlog.recall([{ family: "f", messages: [said(0, 0), said(1, 60_000)], isWhole: true }]);
    const last = backlog.add("f", said(2, 120_000))?.id as string;
    expect(numbers(backlog.since(last).kept)).toEqual([]);
  });
  test("has the same ids in another process, and what the two heard in another order comes again", () => {
    const first = createBacklog();
    first.add("f", said(1, 1_000, "a"));
    const seen = first.add("g", said(2, 1_010, "b"))?.id as string;
    // Told before the last event seen, and heard by nobody before the end.
    const second = createBacklog();
    second.recall([
      { family: "f", messages: [said(1, 1_000, "a"), said(3, 1_005, "a")], isWhole: true },
      { family: "g", messages: [said(2, 1_010, "b")], isWhole: true },
    ]);
    const { isWhole, kept } = second.since(seen);
    expect([isWhole, numbers(kept)]).toEqual([true, [1, 3]]);
  });
  test("is whole only where the streams were read to before the overlap", () => {
    const recalled = (gapMs: number) => {
      const backlog = createBacklog();
      const seen = said(2, 100_000);
      backlog.recall([{ family: "f", messages: [said(1, 100_000 - gapMs), seen, said(3, 100_001)], isWhole: false }]);
      const id = createBacklog().add("f", seen)?.id as string;
      return backlog.since(id).isWhole;
    };
    expect([recalled(OVERLAP_MS), recalled(OVERLAP_MS - 1)]).toEqual([true, false]);
  });
});
