import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArangoStandIn } from "../shared/testing/arango/stand-in.ts";
import { PASSWORD } from "../shared/testing/arango/world.ts";
import { entry, everyPositionProtected, nothingUnknown, servicesReady, sleepingBundle } from "./run/account.fixture.ts";
import { openFolder } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { prepareArango } from "./run/prepare-arango.ts";
import { type Running, SHORTENED, until, up } from "./run/process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** Away from where other tests of whole processes listen. */
const PORT_OFFSET = 2_007 + (process.pid % 300) * 20;
const data = mkdtempSync(join(tmpdir(), "chimera-arango-"));
const bundle = join(data, "sleeping.yaml");
writeFileSync(bundle, sleepingBundle());
let standIn: ArangoStandIn;
let env: Record<string, string>;
let running: Running;

beforeAll(async () => {
  standIn = new ArangoStandIn({ rootPassword: PASSWORD });
  const stores = { CHIMERA_STORE: "arango", CHIMERA_ARANGO_URL: standIn.url };
  const root = { ...stores, CHIMERA_ARANGO_ROOT_PASSWORD: PASSWORD };
  const { passwords } = await prepareArango({ env: root, dryRun: false });
  env = { ...stores, CHIMERA_ARANGO_PASSWORDS: JSON.stringify(passwords), ...SHORTENED };
  running = await up(data, PORT_OFFSET, ["--bundle", bundle, "--seed", "arango"], env);
}, 900_000);
afterAll(async () => {
  await running.stop();
  await standIn.down();
  rmSync(data, { recursive: true });
}, 900_000);

test("on ArangoDB's stand-in the whole system trades, and a kill -9 loses nothing that was acknowledged", async () => {
  await until("all ready", () => servicesReady(running));
  const intent = await entry(running, "before", "FUT:BTCUSDT");
  await until("an order is taken", async () => (await running.post("/orders", { intent })).status < 300);
  await running.kill();
  running = await up(data, PORT_OFFSET, ["--bundle", bundle, "--seed", "arango again"], env);
  await until("all ready after kill -9", () => servicesReady(running));
  const known = await running.get<{ intent: { intent_id: string } }>("/intents/before");
  expect(known.intent.intent_id).toBe("before");
  await until("every outcome known", () => nothingUnknown(running));
  await until("every position protected", () => everyPositionProtected(running));
  expect(existsSync(join(data, "stores", "s04.sqlite"))).toBe(false);
}, 900_000);

test("its books equal the venue's journal when it has stopped", async () => {
  await running.stop();
  const verdict = await judgeFolder(openFolder(data, ORIGIN), env);
  expect(verdict.violated).toEqual([]);
  expect(verdict.checked).toBeGreaterThan(20);
  running = await up(data, PORT_OFFSET, ["--bundle", bundle, "--seed", "last"], env);
  await until("all ready", () => servicesReady(running));
}, 900_000);

test("a database server that starts anew is noticed, and all goes on", async () => {
  await standIn.restart();
  const intent = await entry(running, "after", "FUT:ETHUSDT");
  await until("an order is taken", async () => (await running.post("/orders", { intent })).status < 300);
  await until("every position protected", () => everyPositionProtected(running));
}, 900_000);
