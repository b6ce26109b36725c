import { expect, test } from "bun:test";
import { aService } from "../samples.ts";
import { foldSeen, isTold, type Trouble, troubleId, troublesOf } from "./troubles.ts";

const failed = (name: string) => ({ name, status: "FAILED", error: "the bus is away" });
const replica = (checks: object[]) => ({ ...aService().replicas[0]!, checks: checks as never });

test("all well is no trouble, nothing known neither", () => {
  expect(troublesOf([aService()])).toEqual([]);
  expect(troublesOf([])).toEqual([]);
});

test("no entries without the bus: whichever replica or shard of the router says so, and nobody else", () => {
  const bus: Trouble[] = [{ kind: "bus", reason: "the bus is away" }];
  expect(troublesOf([aService({ replicas: [replica([failed("bus")])] })])).toEqual(bus);
  expect(troublesOf([aService({ replicas: [replica([]), replica([failed("bus (shard 2)")])] })])).toEqual(bus);
  expect(troublesOf([aService({ replicas: [replica([failed("business")])] })])).toEqual([]);
  expect(troublesOf([aService({ id: "s03", replicas: [replica([failed("bus")])] })])).toEqual([]);
});

test("a service that is down is told as such, one with a free shard by the shard", () => {
  const down = aService({ status: "DOWN", shards_free: [] });
  const free = aService({ id: "s03", status: "ERROR", shards_free: [2, 3] });
  expect(troublesOf([free, down]).map(troubleId)).toEqual(["down s04", "shards s03"]);
});

test("a hand-over is no news: a free shard is told at a second look, or at once without its holder; the bus at once", () => {
  const shards: Trouble = { kind: "shards", service: aService() };
  const bus: Trouble = { kind: "bus", reason: "the bus is away" };
  const first = foldSeen(new Map(), [shards], 1_000);
  const second = foldSeen(first, [shards, bus], 6_000);
  expect([...second]).toEqual([
    ["shards s04", 1_000],
    ["bus", 6_000],
  ]);
  expect([isTold(shards, 1_000, 1_000), isTold(shards, 1_000, 6_000), isTold(bus, 6_000, 6_000)]).toEqual([
    false,
    true,
    true,
  ]);
  expect(foldSeen(second, [], 7_000).size).toBe(0);
  const [one, other] = aService().replicas;
  const service = aService({ replicas: [one!, { ...other!, status: "DOWN", shards: [] }] });
  expect(isTold({ kind: "shards", service }, 1_000, 1_000)).toBe(true);
});
