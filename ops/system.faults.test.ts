import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servicesReady, sleepingBundle } from "./run/account.fixture.ts";
import { live } from "./run/life.fixture.ts";
import { hasRedisServer } from "./run/own-redis.ts";
import { type Running, SOON_WELL, until, up } from "./run/process.fixture.ts";
import { killed } from "./run/troubles.fixture.ts";
import { FAULTS, type MakeFaults } from "./venue/fault-table.ts";

const here = hasRedisServer();
if (!here) console.log("skipped: needs redis-server");
const PORT_OFFSET = 17_000 + (process.pid % 300) * 20;
const FOR_MS = 2_500;
/** Waits that a fault runs into, shortened alike: an answer is given up before absence is proven. */
const WAITS = {
  CHIMERA_S01_CALL_TIMEOUT_MS: "1000",
  CHIMERA_S01_SILENCE_MS: "2000",
  CHIMERA_S04_EXCHANGE_TIMEOUT_MS: "1000",
  CHIMERA_S04_UNKNOWN_LAG_MS: "2500",
  CHIMERA_S06_FLATTEN_FOR_MS: "500",
  CHIMERA_S11_LEVEL_MS: "500",
  ...SOON_WELL,
};

const known = (name: string): MakeFaults => {
  const faults = FAULTS[name];
  if (!faults) throw new Error(`there is no fault ${name}`);
  return faults;
};
/** One of each class of the table; where two are alike, futures have one and spot the other. */
const CLASSES: Record<string, MakeFaults> = {
  "taken, then no answer": known("taken, then no answer"),
  "not taken, no answer": known("not taken, no answer"),
  "503, and -1007": (at) => known(at.market === "FUT" ? "503 to orders" : "taken, then -1007 at once")(at),
  "taken, no answer, unknown to queries for 1.5 s": (at) => [
    ...known("taken, then -1007 at once")(at),
    { kind: "lagging_queries", lag_ms: 1_500 },
  ],
  "429, then 418": ({ root }) => [
    { kind: "answer", path: root, status: 429, code: -1003, retry_after_s: 1 },
    { kind: "answer", path: root, status: 418, code: -1003, retry_after_s: 1 },
  ],
  "-1021 to everything": known("-1021 to everything"),
  "orders and protection refused": known("refused"),
  "streams down, and half-open": (at) =>
    at.market === "FUT" ? known("half-open streams")(at) : [{ kind: "drop_streams", for_ms: 1_000 }],
  "a crossed book with gaps": (at) => [...known("gaps in the book")(at), ...known("a crossed book")(at)],
};

const data = mkdtempSync(join(tmpdir(), "chimera-faults-"));
console.log(data);
const bundle = join(data, "sleeping.yaml");
writeFileSync(bundle, sleepingBundle());
let running: Running;

describe.skipIf(!here)("real processes among the faults of the exchange: covered, closed, equal to its journal", () => {
  beforeAll(async () => {
    running = await up(data, PORT_OFFSET, ["--processes", "--bundle", bundle, "--seed", "faults"], WAITS);
    await until("all ready", () => servicesReady(running));
  }, 900_000);
  afterAll(async () => {
    await running.stop();
    rmSync(data, { recursive: true });
  }, 900_000);

  for (const [name, faults] of Object.entries(CLASSES)) {
    test(name, async () => {
      const id = name.replaceAll(/[^a-z0-9]+/g, "-");
      expect((await live(running, { id, faults, forMs: FOR_MS })).violated).toEqual([]);
    }, 900_000);
  }

  test("taken, then no answer, and the router killed", async () => {
    const faults = known("taken, then no answer");
    const happens = () => killed(running, "s04-router");
    expect((await live(running, { id: "kill-among", faults, happens, forMs: FOR_MS })).violated).toEqual([]);
  }, 900_000);
});
