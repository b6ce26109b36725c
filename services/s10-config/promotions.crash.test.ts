/** S10 killed after any commit of a promotion, and started anew on its store: all ends as if it had never been away. */
import { expect, test } from "bun:test";
import { Problem } from "../../shared/errors.ts";
import { Desk, HOUR_MS } from "./promotions.fixture.ts";

const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const KILLED = new Error("killed");

/** What a client and the services around do, in order; each is tried again after a kill. */
type Act = (desk: Desk) => Promise<unknown>;

const promoted =
  (request: { to_rev: number; mode: "CANARY" | "FULL" | "ROLLBACK"; afterwards?: "FULL" }): Act =>
  (desk) =>
    desk.promotions.promote({ bundle_id: "shipped", ...request }, "rita").catch((error: unknown) => {
      // It was done before the kill: who asks again is told so, and nothing is done twice.
      if (!(error instanceof Problem && ["CONFLICT", "WRONG_STATE"].includes(error.code))) throw error;
    });
const passes =
  (ms: number): Act =>
  (desk) =>
    desk.pass(ms);
const once = (act: Act): Act => {
  const did = new WeakSet<Desk>();
  return async (desk) => {
    if (did.has(desk)) return;
    did.add(desk);
    await act(desk);
  };
};

const DRAFTED: Act = (desk) => desk.drafted(2);
const COURSES: Record<string, () => Act[]> = {
  "a canary that goes on to a ramp and to all": () => [
    ...[DRAFTED, promoted({ to_rev: 2, mode: "CANARY", afterwards: "FULL" }), passes(MINUTE_MS), passes(DAY_MS)],
    ...[passes(MINUTE_MS), passes(DAY_MS), passes(MINUTE_MS), passes(MINUTE_MS)],
  ],
  "a canary that is taken back": () => [
    ...[DRAFTED, promoted({ to_rev: 2, mode: "CANARY" }), passes(MINUTE_MS)],
    once((desk) =>
      desk.trades(
        2,
        Array.from({ length: 25 }, () => -2),
      ),
    ),
    ...[passes(MINUTE_MS), passes(MINUTE_MS)],
  ],
  "a revision for all that somebody refuses": () => [
    DRAFTED,
    once(async (desk) => {
      desk.around.replicas[0] = {
        service: "s02",
        replica: "1",
        answered: true,
        rev: 1,
        refused_rev: 2,
        error: "broken",
      };
    }),
    ...[promoted({ to_rev: 2, mode: "FULL" }), passes(MINUTE_MS), passes(MINUTE_MS), passes(MINUTE_MS)],
  ],
  "a revision for all that loses while a canary stands beside it": () => [
    ...[DRAFTED, promoted({ to_rev: 2, mode: "FULL" }), passes(MINUTE_MS)],
    ...[(desk: Desk) => desk.drafted(3), promoted({ to_rev: 3, mode: "CANARY" }), passes(MINUTE_MS)],
    once((desk) => desk.trades(2, [-80, -21])),
    ...[passes(MINUTE_MS), passes(MINUTE_MS), passes(DAY_MS)],
  ],
  "a revision for all that stands, and one that takes its place": () => [
    ...[DRAFTED, promoted({ to_rev: 2, mode: "FULL" }), passes(MINUTE_MS), once((desk) => desk.trades(2, [-20, 3]))],
    ...[passes(DAY_MS), (desk: Desk) => desk.drafted(3), promoted({ to_rev: 3, mode: "FULL" }), passes(MINUTE_MS)],
    ...[(desk: Desk) => desk.drafted(4), promoted({ to_rev: 4, mode: "FULL" }), passes(MINUTE_MS), passes(DAY_MS)],
  ],
  "a rollback out of a canary": () =>
    [
      ...[DRAFTED, promoted({ to_rev: 2, mode: "FULL" }), passes(MINUTE_MS), (desk: Desk) => desk.drafted(3)],
      ...[promoted({ to_rev: 3, mode: "CANARY" }), passes(MINUTE_MS)],
      ...[promoted({ to_rev: 1, mode: "ROLLBACK" }), passes(MINUTE_MS)],
    ] as Act[],
};

/** Killed after the commit of that number, counted from 1; never, where it is undefined. */
async function ran(acts: readonly Act[], killAt?: number): Promise<{ commits: number; end: unknown }> {
  const desk = await new Desk().open();
  let commits = 0;
  desk.onCommit = () => {
    commits++;
    if (commits === killAt) throw KILLED;
  };
  for (const act of acts) {
    try {
      await act(desk);
    } catch (error) {
      if (error !== KILLED) throw error;
      await desk.open();
      await act(desk);
    }
  }
  const { rev, hash, canary } = desk.inForce.current();
  const [first] = (await desk.promotions.list({ limit: 1 })).items;
  const events = (await desk.told<{ kind: string; rev: number; canary_rev?: number }>("cfg:events")).map(
    ({ kind, rev: of, canary_rev }) => `${kind} ${of} ${canary_rev ?? "-"}`,
  );
  const alerts = (await desk.told("alerts")).length;
  const { items } = await desk.promotions.list({ limit: 10 });
  const watches = items.map(({ rev: of, watch }) => `${of} ${watch?.state ?? "-"}`);
  const end = {
    watches,
    states: await desk.states(),
    bundles: await desk.bundleStates(),
    rev,
    hash,
    canary,
    events,
    alerts,
  };
  return { commits, end: { ...end, reason: first?.reason } };
}

for (const [name, acts] of Object.entries(COURSES)) {
  test(`${name}, killed after each commit`, async () => {
    const whole = await ran(acts());
    expect(whole.commits).toBeGreaterThan(3);
    for (let at = 1; at <= whole.commits; at++) {
      const killed = await ran(acts(), at);
      expect([at, killed.end]).toEqual([at, whole.end]);
    }
  }, 300_000);
}
