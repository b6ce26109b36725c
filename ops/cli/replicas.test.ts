import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROCESSES_FILE } from "../run/left-running.ts";
import { loadServices } from "../services.ts";
import { readReplicas, replicasSeen } from "./replicas.ts";
import { shardsFree } from "./status.ts";

const services = await loadServices();

test("names services in any of their forms", () => {
  const read = readReplicas("s04=2,strategy=3,1=2", services);
  expect([...read]).toEqual([
    ["s04", 2],
    ["s03", 3],
    ["s01", 2],
  ]);
  expect(readReplicas(undefined, services).size).toBe(0);
});

test("says what it cannot take", () => {
  for (const text of ["s04", "s04=0", "s04=10", "s04=two", "s99=2", ""]) {
    expect(() => readReplicas(text, services)).toThrow("--replicas is a list such as");
  }
  expect(() => readReplicas("s12=2", services)).toThrow("one gateway");
});

test("finds the processes of a folder by what the supervisor saw", () => {
  const folder = mkdtempSync(join(tmpdir(), "chimera-replicas-"));
  expect(replicasSeen(folder, { name: "s04-router" })).toEqual([1]);
  const processes = ["venue", "s04-router", "s04-router.2", "s03-strategy"].map((name) => ({ name }));
  writeFileSync(join(folder, PROCESSES_FILE), JSON.stringify({ processes }));
  expect(replicasSeen(folder, { name: "s04-router" })).toEqual([1, 2]);
  expect(replicasSeen(folder, { name: "s03-strategy" })).toEqual([1]);
  rmSync(folder, { recursive: true });
});

test("status tells shards that nobody who answers holds", () => {
  const row = (service: string, shards_held?: number[], shard_count?: number) => ({
    service,
    shards_held,
    shard_count,
  });
  const whole = [row("s02-feature"), row("s01-exchange", [], 1), row("s01-exchange", [0], 1)];
  expect(shardsFree([...whole, row("s04-router", [0, 2], 4), row("s04-router", [1, 3], 4)])).toEqual([]);
  expect(shardsFree([row("s04-router", [0, 1], 4), row("s04-router"), row("s01-exchange", [], 1)])).toEqual([
    { service: "s04-router", shards: [2, 3], shard_count: 4 },
    { service: "s01-exchange", shards: [0], shard_count: 1 },
  ]);
});
