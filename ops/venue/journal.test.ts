import { afterAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileJournal, memoryJournal } from "./journal.ts";
import { type Answer, type Fields, TestVenue } from "./test-client.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-journal-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever spot facts there are besides plain orders' ones; `paper` buys at 60000, and nothing crosses afterwards. */
function spotSteps(v: TestVenue): (() => Promise<Answer>)[] {
  const post = (path: string, fields: Fields) => v.call("paper", path, { symbol: "BTCUSDT", ...fields });
  const limit = { type: "LIMIT", timeInForce: "GTC" };
  const entry = { workingType: "LIMIT", workingSide: "BUY", workingTimeInForce: "GTC", workingQuantity: "0.001" };
  const exit = { pendingType: "LIMIT", pendingSide: "SELL", pendingTimeInForce: "GTC", pendingPrice: "70000" };
  const iceberg = { ...limit, side: "SELL", price: "65000", quantity: "0.004", icebergQty: "0.001" };
  const id = { origClientOrderId: "berg" };
  return [
    () => v.spot("paper", "BTCUSDT BUY 0.005 60000"),
    () => post("POST /api/v3/order", { ...iceberg, newClientOrderId: "berg" }),
    () => v.spot("maker", "BTCUSDT BUY 0.0015 65000", { timeInForce: "IOC" }),
    () => post("PUT /api/v3/order/amend/keepPriority", { ...id, newQty: "0.003", newClientOrderId: "berg" }),
    () => post("POST /api/v3/order", { side: "SELL", type: "STOP_LOSS", quantity: "0.0005", trailingDelta: 100 }),
    () => post("POST /api/v3/orderList/opo", { ...entry, workingPrice: "60000", ...exit }),
    () => v.spot("paper", "BTCUSDT SELL 0.0005 66000"),
    () => post("POST /api/v3/order", { ...limit, side: "BUY", price: "66000", quantity: "0.0001" }),
    () => v.spot("maker", "BTCUSDT BUY 1 50000"),
    () => post("POST /sapi/v1/bnbBurn", { spotBNBBurn: true }),
  ];
}

/** A short trading day; answers the journal's lines and the state's hash after each. */
async function lived(path: string): Promise<{ lines: string[]; hashes: Map<number, string> }> {
  const journal = fileJournal(path);
  const v = await TestVenue.open({ journal });
  const hashes = new Map<number, string>();
  const keep = () => hashes.set(journal.length(), v.venue.stateHash());
  keep();
  const steps = [
    () => v.order("maker", "BTCUSDT SELL 1 60000"),
    () => v.order("maker", "BTCUSDT BUY 1 59000"),
    () => v.call("paper", "POST /fapi/v1/marginType", { symbol: "BTCUSDT", marginType: "ISOLATED" }),
    () => v.call("paper", "POST /fapi/v1/leverage", { symbol: "BTCUSDT", leverage: 10 }),
    () => v.order("paper", "BTCUSDT BUY 0.01 MARKET"),
    () => v.order("paper", "BTCUSDT SELL 0.004 61000", { reduceOnly: true }),
    () =>
      v.call("paper", "POST /fapi/v1/algoOrder", {
        ...{ symbol: "BTCUSDT", side: "SELL", algoType: "CONDITIONAL", type: "STOP_MARKET", closePosition: true },
        triggerPrice: "58000",
      }),
    () => v.order("paper", "BTCUSDT SELL 0.004 MARKET", { reduceOnly: true }),
    () => v.spot("paper", "ETHUSDT BUY 0.1 2000"),
    () => v.spot("maker", "BTCUSDT SELL 0.01 60000"),
    () => v.call("paper", "DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" }),
    ...spotSteps(v),
  ];
  for (const step of steps) {
    const answer = await step();
    expect(answer.code ?? 200).toBe(200);
    keep();
  }
  await v.venue.stop();
  return { lines: readFileSync(path, "utf8").split("\n").slice(0, -1), hashes };
}

test("whatever line the journal ends at, the venue restarts to the state it had then, torn tail or not", async () => {
  const { lines, hashes } = await lived(join(folder, "day.jsonl"));
  expect(hashes.size).toBe(22);
  for (const [count, hash] of hashes) {
    for (const tail of ["", (lines[count] ?? "").slice(0, 40)]) {
      const path = join(folder, `cut-${count}-${tail.length}.jsonl`);
      writeFileSync(path, `${lines.slice(0, count).join("\n")}\n${tail}`);
      const journal = fileJournal(path);
      expect(journal.notice === undefined).toBe(tail === "");
      const v = await TestVenue.open({ journal });
      expect(v.venue.stateHash()).toBe(hash);
      await v.venue.stop();
      expect(readFileSync(path, "utf8")).toBe(`${lines.slice(0, count).join("\n")}\n`);
    }
  }
});

test("after a restart open orders are back on their books, and listen keys are gone", async () => {
  const path = join(folder, "restart.jsonl");
  const first = await TestVenue.open({ journal: fileJournal(path) });
  await first.order("maker", "BTCUSDT SELL 1 60000", { newClientOrderId: "ask" });
  await first.call("paper", "POST /fapi/v1/listenKey");
  // No stop: as after a kill -9, only what was written counts.
  const second = await TestVenue.open({ journal: fileJournal(path) });
  expect((await second.call("paper", "PUT /fapi/v1/listenKey")).code).toBe(-1125);
  const bought = await second.order("paper", "BTCUSDT BUY 0.4 MARKET");
  expect(bought).toMatchObject({ status: "FILLED", avgPrice: "60000.00000" });
  const ask = await second.call("maker", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "ask" });
  expect(ask).toMatchObject({ status: "PARTIALLY_FILLED", executedQty: "0.400" });
});

test("a journal of an earlier version is taken up; one of a later version is refused, and the error names the entry", async () => {
  const path = join(folder, "earlier.jsonl");
  const journal = fileJournal(path);
  const order = { account: "main", instrument: "SPOT:BTCUSDT", side: "SELL", tif: "GTC", qty: "0.5" } as const;
  const plain = { reduce_only: false, close_position: false, list_id: 1 };
  const list = { list_id: 1, client_id: "list", account: "main", instrument: "SPOT:BTCUSDT" } as const;
  const tp = { ...order, ...plain, order_id: 1, client_id: "tp", type: "LIMIT_MAKER", price: "61000" } as const;
  const stop = { ...order, ...plain, order_id: 2, client_id: "sl", type: "STOP_LOSS", price: "0" } as const;
  journal.append({
    at: 1,
    facts: [
      { fact: "moved", account: "main", market: "SPOT", asset: "BTC", qty: "1", why: "deposit" },
      { fact: "list_accepted", list, hold: { asset: "BTC", qty: "0.5" } },
      { fact: "accepted", order: tp, hold: null, margin: "0" },
      { fact: "accepted", order: { ...stop, stop_price: "59000" }, hold: null, margin: "0" },
    ],
  });
  journal.close();
  const v = await TestVenue.open({ journal: fileJournal(path) });
  const open = await v.call("paper", "GET /api/v3/openOrders", { symbol: "BTCUSDT" });
  expect(open.map((each: { clientOrderId: string; status: string }) => [each.clientOrderId, each.status])).toEqual([
    ["tp", "NEW"],
    ["sl", "NEW"],
  ]);
  expect(await v.spot("maker", "BTCUSDT BUY 0.5 61000")).toMatchObject({ status: "FILLED" });
  expect(await v.call("paper", "GET /api/v3/orderList", { orderListId: 1 })).toMatchObject({
    listOrderStatus: "ALL_DONE",
  });
  await v.venue.stop();
  const later = fileJournal(path);
  later.append({ at: 2, facts: [{ fact: "from the future" } as never] });
  const entry = later.length();
  later.close();
  await expect(TestVenue.open({ journal: fileJournal(path) })).rejects.toThrow(
    `cannot be replayed from entry ${entry} on: Invariant: "from the future"`,
  );
});

test("a changed, missing or inserted line breaks the chain, and the error names the line", async () => {
  const path = join(folder, "chain.jsonl");
  const { lines } = await lived(path);
  const cases: [string, string[], number][] = [
    ["changed", lines.map((line, i) => (i === 1 ? line.replace("60000", "60001") : line)), 2],
    ["missing", lines.filter((_, i) => i !== 4), 5],
    ["inserted", [...lines.slice(0, 2), lines[1]!, ...lines.slice(2)], 3],
    ["no JSON", [...lines.slice(0, 2), "garbage", ...lines.slice(2)], 3],
  ];
  for (const [what, changed, at] of cases) {
    const broken = join(folder, `${what}.jsonl`);
    writeFileSync(broken, `${changed.join("\n")}\n`);
    expect(() => fileJournal(broken)).toThrow(`line ${at}:`);
  }
});

test("entries can be read in pages, and memory and file give the same chain", () => {
  const path = join(folder, "pages.jsonl");
  const [file, memory] = [fileJournal(path), memoryJournal()];
  for (let at = 1; at <= 5; at++) {
    for (const journal of [file, memory]) journal.append({ at, facts: [] });
  }
  expect(memory.read(2, 2).map((entry) => entry.at)).toEqual([2, 3]);
  expect(memory.head()).toBe(file.head());
  file.close();
  appendFileSync(path, "{");
  expect(fileJournal(path).length()).toBe(5);
});

const LIVES = 3;
const ANSWERS_EACH = 120;

/** Runs the trader until it has been answered so often, then kills it in mid-flight. */
async function liveAndDie(path: string): Promise<string[]> {
  const trader = Bun.spawn([process.execPath, join(import.meta.dir, "journal.crash.ts"), path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of trader.stdout) {
    text += decoder.decode(chunk);
    if (text.split("\n").length > ANSWERS_EACH) break;
  }
  trader.kill("SIGKILL");
  await trader.exited;
  return text.split("\n").slice(0, -1);
}

test("kill -9 loses no answered order, makes none twice, and the books still balance", async () => {
  const path = join(folder, "journal.jsonl");
  const answered: string[] = [];
  for (let life = 0; life < LIVES; life++) answered.push(...(await liveAndDie(path)));
  expect(answered.length).toBeGreaterThanOrEqual(LIVES * ANSWERS_EACH);
  const v = await TestVenue.open({ journal: fileJournal(path) });
  const ids = v.venue.orders().map((order) => order.client_id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(answered.filter((id) => !ids.includes(id))).toEqual([]);
  expect(v.venue.trades().length).toBeGreaterThan(0);
  for (const [asset, total] of v.venue.exchange.state.ledger.sums())
    expect([asset, total as bigint]).toEqual([asset, 0n]);
}, 300_000);
