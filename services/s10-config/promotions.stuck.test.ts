/** Promotions that cannot go on: somebody is down for good, an end that nobody reached, a store that answered with an error. */
import { beforeEach, expect, test } from "bun:test";
import { REV_MAX } from "../../shared/domain/bundle.ts";
import { Desk, HOUR_MS, refusal } from "./promotions.fixture.ts";

const DAY_MS = 24 * HOUR_MS;
let desk: Desk;

beforeEach(async () => {
  desk = await new Desk().open();
});
const down = () => {
  desk.around.replicas[1] = { service: "s03", replica: "1", answered: false, rev: 0 };
};

test("a rollback that somebody down for good never has keeps nothing else from coming in its place", async () => {
  await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "FULL" }, "rita");
  await desk.pass(1_000);
  down();
  await desk.promotions.promote({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, "rita");
  await desk.pass(60_000);
  expect(await desk.states()).toEqual(["FULL 2 DONE", "ROLLBACK 3 PENDING"]);
  await desk.promotions.promote({ ...(await desk.drafted(4)), mode: "FULL" }, "ruth");
  expect(await desk.states()).toEqual(["FULL 2 DONE", "ROLLBACK 3 ABORTED", "FULL 4 PENDING"]);
  const rollback = (await desk.promotions.list({ limit: 2 })).items[1];
  expect(rollback?.reason).toBe("ruth put revision 4 in its place before all had it");
  expect(desk.inForce.current().rev).toBe(4);
  // Nor does what came in its place.
  const [full] = (await desk.promotions.list({ limit: 1 })).items;
  await desk.pass(1);
  await desk.promotions.abort(full!, "ruth");
  await desk.pass(1);
  await desk.promotions.promote({ ...(await desk.drafted(9)), mode: "CANARY" }, "ruth");
  expect((await desk.states()).slice(-2)).toEqual(["ROLLBACK 5 ABORTED", "CANARY 9 PENDING"]);
});

test("a canary that not all have when its time is over does not trade for ever", async () => {
  down();
  await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY", afterwards: "FULL" }, "rita");
  await desk.pass(DAY_MS - 1);
  expect(await desk.states()).toEqual(["CANARY 2 PENDING"]);
  await desk.pass(1);
  expect(await desk.only()).toMatchObject({
    status: "ABORTED",
    reason: "its time was over before all had it; still missing: s03 (away)",
  });
  expect(desk.inForce.current()).not.toHaveProperty("canary");
  expect(await desk.told("alerts")).toHaveLength(1);
});

test("a change that was stored, though the store answered with an error, is found and can be taken back", async () => {
  const named = await desk.drafted(2);
  desk.onCommit = () => {
    desk.onCommit = () => {};
    throw new Error("the answer was lost");
  };
  expect(await refusal(desk.promotions.promote({ ...named, mode: "CANARY" }, "rita"))).toContain("lost");
  await desk.pass(1_000);
  expect(desk.inForce.current().canary).toMatchObject({ rev: 2 });
  const canary = await desk.only();
  expect(canary).toMatchObject({ mode: "CANARY", status: "ACTIVE" });
  await desk.promotions.abort(canary, "rita");
  expect(desk.inForce.current()).not.toHaveProperty("canary");
  expect(await desk.states()).toEqual(["CANARY 2 ABORTED"]);
});

test("however revisions are numbered, a number is left for what comes back", async () => {
  const given = (rev: number) => {
    const document = { ...desk.inForce.current().bundle, rev, note: `given as ${rev}` };
    return refusal(desk.bundles.begin("", JSON.stringify(document)));
  };
  expect(await given(REV_MAX)).toStartWith("CONFLICT: The revision must be at most 100000001");
  expect(await given(20_261_123)).toBe("none");
  let rev = 20_261_123;
  const step = 100_000_000;
  for (; rev + step < REV_MAX - 1_000_000; rev += step) await desk.drafted(rev + step);
  expect(await refusal(desk.drafted(REV_MAX))).toStartWith("CONFLICT: The revision must be at most 2146483647");
  await desk.drafted(REV_MAX - 1_000_000);
  await desk.promotions.promote({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, "rita");
  await desk.open();
  expect(desk.inForce.current().rev).toBe(REV_MAX - 999_999);
});
