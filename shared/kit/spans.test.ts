import { expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { refuse } from "../errors.ts";
import { type Span, Tracing } from "./spans.ts";
import { childTrace, currentFrom, currentTrace, inTrace, spanId, traceId } from "./trace.ts";

const PARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const OWN = `00-${"a".repeat(32)}-${"c".repeat(16)}-01`;

function ground(wants = true) {
  const told: Span[] = [];
  const clock = new VirtualClock(1_000);
  const spans = { wants: () => wants, tell: (span: Span) => void told.push(span) };
  const tracing = new Tracing({ service: "s04", spans, clock, random: seededRandom("spans") });
  return { told, clock, tracing };
}
const settled = async (clock: VirtualClock, work: Promise<unknown>) => {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  void work.then(over, over);
  await clock.run(() => isOver);
};

test("work that came from outside is a span of its trace, under the one that it came with, parts under it", async () => {
  const { told, clock, tracing } = ground();
  const came = { trace: OWN, parent: PARENT, from: "10.0.0.1" };
  const work = tracing.own(came, { kind: "server", name: "POST" }, async () => {
    expect([currentTrace(), currentFrom()]).toEqual([OWN, "10.0.0.1"]);
    await tracing.part({ kind: "client", name: "commit" }, async () => {
      expect([traceId(currentTrace()), currentFrom()]).toEqual([traceId(OWN), "10.0.0.1"]);
      await clock.sleep(5);
    });
    tracing.describe("placeOrder", { "http.route": "/orders" });
    await clock.sleep(2);
  });
  await settled(clock, work);
  const [part, own] = told as [Span, Span];
  expect(own).toEqual({
    ...{ service: "s04", trace_id: "a".repeat(32), span_id: "c".repeat(16), parent_id: "b".repeat(16) },
    ...{ name: "placeOrder", kind: "server", started_at: 1_000, ended_at: 1_007 },
    attributes: { "http.route": "/orders" },
  });
  expect(part).toMatchObject({ parent_id: spanId(OWN)!, name: "commit", started_at: 1_000, ended_at: 1_005 });
  expect(currentTrace()).toBeUndefined();
});

test("a failure is told by its code and thrown on, at once or later", async () => {
  const { told, clock, tracing } = ground();
  const about = { kind: "client", name: "call" } as const;
  expect(() => tracing.part(about, () => refuse("CONFLICT", "about somebody's order"))).toThrow("somebody's");
  await settled(
    clock,
    tracing.part(about, async () => Promise.reject(new Error("secret"))),
  );
  expect(told.map(({ error }) => error)).toEqual(["CONFLICT", "INTERNAL"]);
  expect(JSON.stringify(told)).not.toContain("secret");
});

test("what nothing comes of is not told where that is asked; what fails, or does something, is", async () => {
  const { told, tracing } = ground();
  const job = { kind: "internal", name: "job", ifUsed: true } as const;
  tracing.part(job, () => {});
  expect(told).toEqual([]);
  tracing.part(job, () => tracing.part({ kind: "client", name: "commit" }, () => {}));
  expect(() => tracing.part(job, () => refuse("RULE", "no"))).toThrow();
  expect(told.map(({ name }) => name)).toEqual(["commit", "job", "job"]);
  expect(told[0]!.parent_id).toBe(told[1]!.span_id);
});

test("nobody who collects, and nobody who wants it: the trace goes on as it was, and nothing is told", () => {
  const off = new Tracing({ service: "s04", spans: undefined, clock: new VirtualClock(0), random: seededRandom("x") });
  const { told, tracing } = ground(false);
  for (const each of [off, tracing]) {
    const seen = inTrace(PARENT, () => each.part({ kind: "client", name: "call" }, () => currentTrace()));
    expect(seen).toBe(PARENT);
    const came = { trace: OWN, parent: PARENT };
    expect(each.own(came, { kind: "server", name: "GET" }, () => currentTrace())).toBe(OWN);
    each.describe("nothing", {});
  }
  expect(told).toEqual([]);
});

test("a trace that is none is not gone on with: a new one begins", () => {
  const [zeros, id, span] = ["0".repeat(32), "a".repeat(32), "b".repeat(16)];
  const random = seededRandom("trace");
  expect(traceId(childTrace(`00-${id}-${span}-00`, random))).toBe(id);
  for (const none of [`00-${zeros}-${span}-01`, `00-${id}-${"0".repeat(16)}-01`, `00-${id}-${span}-01-x`, "", null]) {
    expect([zeros, id]).not.toContain(traceId(childTrace(none, random)) as string);
    expect(spanId(none)).toBeUndefined();
  }
});
