import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROCESSES_FILE } from "../run/processes.ts";
import { loadServices } from "../services.ts";
import { readReplicas, replicasSeen } from "./replicas.ts";

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
