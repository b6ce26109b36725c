import { beforeEach, describe, expect, test } from "bun:test";
import { emit, put } from "../../shared/changes.ts";
import { treasuryTransfers } from "../../shared/collections/exchange.ts";
import type { Transfer } from "../../shared/contracts.ts";
import { Bundle, type TreasuryFlags } from "../../shared/domain/bundle.ts";
import { abs, dec, show } from "../../shared/domain/money.ts";
import { asProblem } from "../../shared/errors.ts";
import { createGrantChecker, createGrantSigner, transferHash } from "../../shared/kit/grant.ts";
import { NetError } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { StoreFaults } from "../../shared/testing/store-faults.ts";
import { Treasury } from "./treasury.ts";
import { type Bench, connectToVenue } from "./venue.fixture.ts";

const PATH = "/sapi/v1/asset/transfer";
const { privateKey, publicKey } = grantKeysForTests();
const FLAGS = Bundle.shape.flags.parse({}).treasury;

let bench: Bench;
let flags: TreasuryFlags;
let treasury: Treasury;
/** Between the treasury and its store. */
let faults: StoreFaults;
let audited: { outcome: string; actor: string }[];

beforeEach(async () => {
  bench = await connectToVenue();
  flags = { ...FLAGS };
  audited = [];
  faults = new StoreFaults(bench.clock);
  treasury = life();
});

/** A treasury that knows nothing but what is stored. */
function life(): Treasury {
  const { around, store, connector, clock } = bench;
  return new Treasury({
    account: "main",
    clock,
    log: around.log,
    settings: around.settings,
    store: faults.around(store),
    transfers: connector.venue.transfers,
    grants: createGrantChecker(publicKey, clock),
    raise: around.raise,
    balances: () => connector.queries.balances(),
    flags: () => flags,
    audit: (entry) => {
      audited.push(entry);
      return emit(opsEvents, { source: "s01", ts: clock.now(), ...entry });
    },
  });
}

const made = (given: Partial<Transfer> = {}): Transfer => ({
  transfer_id: "t-1",
  account: "main",
  from: "SPOT",
  to: "FUT",
  amount_usdt: "100",
  reason: "test",
  ...given,
});
const granted = (transfer: Transfer, of = transfer, startBy = bench.clock.now() + 60_000): Promise<string> =>
  createGrantSigner(privateKey, bench.clock).sign({
    transfer_id: of.transfer_id,
    hash: transferHash(of),
    approver: "ada",
    start_by: startBy,
  });
/** Its result, or the code of the problem. */
const moving = async (transfer: Transfer, grant?: string) =>
  treasury.transfer(transfer, grant ?? (await granted(transfer))).then(
    ({ result }) => result as string,
    (error: unknown) => asProblem(error).code as string,
  );
const move = (transfer: Transfer, grant?: string) => bench.settle(moving(transfer, grant));
const stateOf = async (id = "t-1") => (await bench.store.get(treasuryTransfers, id))?.value;

/** Of the venue's own journal: how much went each way, movement by movement. */
const movements = (): string[] =>
  bench.venue.exchange.state.income
    .filter(({ why }) => why?.startsWith("transfer "))
    .map(({ why, qty }) => `${why?.slice(9)} ${show(abs(qty))}`);
const posts = () => bench.requests.filter(({ method, url }) => method === "POST" && url.includes(PATH)).length;
const freeOf = async (market: string) =>
  (await bench.settle(bench.connector.queries.balances())).find((b) => b.market === market && b.asset === "USDT")?.free;

test("moves funds there and back, once per id, and each wallet has it", async () => {
  const before = [await freeOf("SPOT"), await freeOf("FUT")].map((free) => dec(free as string));
  expect(await move(made())).toBe("OK");
  expect([await freeOf("SPOT"), await freeOf("FUT")].map((free) => dec(free as string))).toEqual([
    before[0]! - dec("100"),
    before[1]! + dec("100"),
  ] as typeof before);
  expect(await move(made({ transfer_id: "t-2", from: "FUT", to: "SPOT", amount_usdt: "0.5" }))).toBe("OK");
  expect(movements()).toEqual(["MAIN_UMFUTURE 100", "UMFUTURE_MAIN 0.5"]);
  expect(await stateOf()).toMatchObject({ state: "OK", approved_by: "ada", tx_id: expect.stringMatching(/^\d+$/) });
  expect(audited.map(({ outcome, actor }) => `${actor} ${outcome}`)).toEqual([
    "ada STARTED",
    "s01 OK",
    "ada STARTED",
    "s01 OK",
  ]);
});

test("the same id gets the same answer, under a fresh grant too; another body is refused", async () => {
  expect(await move(made())).toBe("OK");
  expect(await move(made())).toBe("OK");
  await bench.pass(120_000);
  expect(await move(made())).toBe("OK");
  expect(await move(made({ amount_usdt: "50" }))).toBe("KEY_REUSED");
  expect(movements()).toHaveLength(1);
});

describe("without a grant for exactly this, nothing is asked of the exchange", () => {
  const rows: [string, () => Promise<string> | string][] = [
    ["none", () => ""],
    ["for another amount", () => granted(made({ amount_usdt: "1" }))],
    ["for another id", () => granted(made({ transfer_id: "t-0" }))],
    [
      "expired",
      async () => {
        const grant = await granted(made());
        await bench.pass(60_000);
        return grant;
      },
    ],
  ];
  test.each(rows)("%s", async (_what, grant) => {
    const given = await grant();
    expect(await bench.settle(treasury.transfer(made(), given).catch((error) => asProblem(error).code))).toBe(
      "FORBIDDEN",
    );
    expect([posts(), await stateOf(), audited.length]).toEqual([0, undefined, 0]);
  });
});

describe("what may not be moved is refused and leaves no record", () => {
  const rows: [string, Partial<Transfer>, string][] = [
    ["the same wallet", { to: "SPOT" }, "RULE"],
    ["over the cap", { amount_usdt: "5000.01" }, "RULE"],
    ["too little", { from: "FUT", to: "SPOT", amount_usdt: "4999" }, "RULE"],
    ["another account", { account: "other" }, "FORBIDDEN"],
    ["more decimals than the exchange counts", { amount_usdt: "1.123456789" }, "INVALID"],
  ];
  test.each(rows)("%s", async (what, change, code) => {
    if (what === "too little") {
      flags = { ...flags, day_usdt_max: "100000" };
      for (const id of ["a", "b"]) {
        expect(await move(made({ transfer_id: id, from: "FUT", to: "SPOT", amount_usdt: "4000" }))).toBe("OK");
      }
    }
    const before = posts();
    expect(await move(made(change))).toBe(code);
    expect([posts() - before, await stateOf()]).toEqual([0, undefined]);
  });

  test("fifty at once just under the day's limit: together they stay below it", async () => {
    flags = { ...flags, transfer_usdt_max: "300", day_usdt_max: "1000" };
    // While one waits for the exchange the others are under way.
    bench.venue.faults.addDelay({ kind: "delay", path: "/", when: "after", delay_ms: 20, count: 500 });
    const all = Array.from({ length: 50 }, (_, nth) => moving(made({ transfer_id: `p-${nth}`, amount_usdt: "300" })));
    const answers = await bench.settle(Promise.all(all));
    expect(answers.filter((answer) => answer === "OK")).toHaveLength(3);
    expect(answers.filter((answer) => answer === "RULE")).toHaveLength(47);
    expect(movements()).toHaveLength(3);
  });
});

test("one asked for before midnight and sent after it counts for the day on which it is sent", async () => {
  flags = { ...flags, day_usdt_max: "150" };
  const notTaken = { kind: "answer", path: PATH, method: "POST", status: 400, code: -1021 } as const;
  bench.venue.faults.addAnswer({ ...notTaken, count: 2 });
  expect(await move(made())).toBe("UNAVAILABLE");
  const kept = (await stateOf())!;
  const yesterday = kept.created_at - (kept.created_at % 86_400_000) - 1_000;
  await bench.store.commit([put(treasuryTransfers, { ...kept, created_at: yesterday })]);
  expect(await move(made())).toBe("OK");
  expect(await move(made({ transfer_id: "t-2" }))).toBe("RULE");
  expect(movements()).toHaveLength(1);
});

describe("one that was to start earlier", () => {
  const late = () => granted(made(), made(), bench.clock.now() - 1);

  test("does not start", async () => {
    expect(await move(made(), await late())).toBe("RULE");
    expect([posts(), await stateOf()]).toEqual([0, undefined]);
  });

  test("is not tried again when it provably never left", async () => {
    bench.venue.faults.addAnswer({ kind: "answer", path: PATH, method: "POST", count: 2, status: 400, code: -1021 });
    expect(await move(made())).toBe("UNAVAILABLE");
    expect(await move(made(), await late())).toBe("FAIL");
    expect(await move(made())).toBe("FAIL");
    expect(movements()).toHaveLength(0);
  });

  test("is told as it stands when it was made or may have been", async () => {
    const delay = { kind: "delay", path: PATH, method: "POST", when: "after", delay_ms: 30_000, count: 1 } as const;
    bench.venue.faults.addDelay(delay);
    bench.venue.faults.lag(20_000);
    expect(await move(made())).toBe("UNKNOWN");
    expect(await move(made(), await late())).toBe("UNKNOWN");
    await bench.pass(21_000);
    expect(await move(made(), await late())).toBe("OK");
    expect(movements()).toHaveLength(1);
  });
});

describe.each(["down", "failing", "deaf"] as const)("while the store is %s", (trouble) => {
  test("nothing is moved that is not recorded first, and later it is moved once", async () => {
    faults.trouble = trouble;
    const said = await move(made());
    // Of every other call that fails, the one that records it may have come through.
    if (trouble !== "failing") expect([said, posts(), movements()]).toEqual(["UNAVAILABLE", 0, []]);
    faults.trouble = undefined;
    treasury = life();
    let later = await move(made());
    // What may have been begun is asked about until its absence is proven.
    for (let tries = 0; later !== "OK" && tries < 12; tries++) {
      await bench.settle(bench.clock.sleep(5_000));
      later = await move(made());
    }
    expect(later).toBe("OK");
    expect(movements()).toEqual(["MAIN_UMFUTURE 100"]);
  });
});

test("refused by the exchange: failed for good", async () => {
  bench.venue.faults.addAnswer({ kind: "answer", path: PATH, method: "POST", count: 1, status: 400, code: -5002 });
  expect(await move(made())).toBe("FAIL");
  expect(await move(made())).toBe("FAIL");
  expect([posts(), movements().length]).toEqual([1, 0]);
  expect(bench.around.raised).toContain("TRANSFER_FAILED");
});

test("not taken for our clock or for too many requests: tried again under the same id", async () => {
  bench.venue.faults.addAnswer({ kind: "answer", path: PATH, method: "POST", count: 2, status: 400, code: -1021 });
  expect(await move(made())).toBe("UNAVAILABLE");
  const limit = { kind: "answer", path: PATH, method: "POST", status: 429, code: -1003, retry_after_s: 5 } as const;
  bench.venue.faults.addAnswer({ ...limit, count: 1 });
  expect(await move(made())).toBe("RATE_LIMITED");
  await bench.pass(6_000);
  expect(await move(made())).toBe("OK");
  expect(movements()).toHaveLength(1);
});

describe("no answer", () => {
  const delay = { kind: "delay", path: PATH, method: "POST", count: 1 } as const;
  const settle = () => bench.settle(treasury.settle());

  test("done: found in the history, however late that tells, and never sent again", async () => {
    bench.venue.faults.addDelay({ ...delay, when: "after", delay_ms: 30_000 });
    bench.venue.faults.lag(20_000);
    expect(await move(made())).toBe("UNKNOWN");
    expect(bench.around.raised).toContain("TRANSFER_UNKNOWN");
    expect(await move(made())).toBe("UNKNOWN");
    expect(await move(made({ transfer_id: "t-2" }))).toBe("UNAVAILABLE");
    await bench.pass(21_000);
    await settle();
    expect(await stateOf()).toMatchObject({ state: "OK", tx_id: expect.stringMatching(/^\d+$/) });
    expect(await move(made())).toBe("OK");
    expect([posts(), movements().length]).toEqual([1, 1]);
  });

  test("never arrived: sent again only when absence is proven, and on a fresh grant", async () => {
    bench.faulty.fetch = ({ method, url }) =>
      method === "POST" && url.includes(PATH) ? Promise.reject(new NetError("unknown", "lost")) : undefined;
    expect(await move(made())).toBe("UNKNOWN");
    delete bench.faulty.fetch;
    await bench.pass(50_000);
    await settle();
    expect(await move(made())).toBe("UNKNOWN");
    await bench.pass(15_000);
    await settle();
    expect(await stateOf()).toMatchObject({ state: "STARTED" });
    expect((await stateOf())?.sent_at).toBeUndefined();
    expect(movements()).toHaveLength(0);
    expect(await move(made())).toBe("OK");
    expect(movements()).toHaveLength(1);
  });

  test("late on its way: the exchange refuses what is older than the window, so it cannot come twice", async () => {
    bench.venue.faults.addDelay({ ...delay, when: "before", delay_ms: 40_000 });
    expect(await move(made())).toBe("UNKNOWN");
    await bench.pass(70_000);
    expect(await move(made())).toBe("OK");
    await bench.pass(60_000);
    expect(movements()).toHaveLength(1);
  });

  test("a stranger's older movement of the same amount is not taken for ours", async () => {
    bench.venue.exchange.run(bench.clock.now(), () => {
      for (const [market, qty] of [["SPOT", "-100"] as const, ["FUT", "100"] as const]) {
        bench.venue.exchange.move("main", market, { asset: "USDT", qty: dec(qty), why: "transfer MAIN_UMFUTURE" });
      }
    });
    bench.faulty.fetch = ({ method, url }) =>
      method === "POST" && url.includes(PATH) ? Promise.reject(new NetError("unknown", "lost")) : undefined;
    expect(await move(made())).toBe("UNKNOWN");
    delete bench.faulty.fetch;
    await bench.pass(70_000);
    await settle();
    expect((await stateOf())?.state).toBe("STARTED");
  });

  test("503 to everything: unknown as long as nobody can be asked", async () => {
    bench.venue.faults.addDelay({ ...delay, when: "after", delay_ms: 30_000 });
    expect(await move(made())).toBe("UNKNOWN");
    bench.venue.faults.addAnswer({ kind: "answer", path: PATH, count: 1_000, status: 503, code: -1001 });
    await bench.pass(200_000);
    await settle();
    expect(await move(made())).toBe("UNKNOWN");
    bench.venue.faults.clear();
    await settle();
    expect(await stateOf()).toMatchObject({ state: "OK" });
    expect(posts()).toBe(1);
  });
});

describe("a new life", () => {
  test("after it was sent: finds it", async () => {
    bench.venue.faults.addDelay({
      kind: "delay",
      path: PATH,
      method: "POST",
      when: "after",
      delay_ms: 4_000,
      count: 1,
    });
    void moving(made());
    await bench.pass(1_000);
    expect((await stateOf())?.state).toBe("STARTED");
    treasury = life();
    expect(await move(made())).toBe("OK");
    expect([posts(), movements().length]).toEqual([1, 1]);
  });

  test("after the record, before sending: proves its absence by its own time, then sends it", async () => {
    bench.faulty.fetch = ({ method, url }) =>
      method === "POST" && url.includes(PATH) ? new Promise(() => {}) : undefined;
    void moving(made());
    await bench.pass(100_000);
    delete bench.faulty.fetch;
    treasury = life();
    expect(await move(made())).toBe("UNKNOWN");
    await bench.pass(59_000);
    expect(await move(made())).toBe("UNKNOWN");
    await bench.pass(2_000);
    expect(await move(made())).toBe("OK");
    expect(movements()).toHaveLength(1);
  });

  test("one that provably never left and that nobody asks for any more has failed", async () => {
    bench.venue.faults.addAnswer({ kind: "answer", path: PATH, method: "POST", count: 2, status: 400, code: -1021 });
    expect(await move(made())).toBe("UNAVAILABLE");
    const kept = (await stateOf())!;
    const long = { ...kept, updated_at: kept.updated_at - 16 * 60_000 };
    await bench.store.commit([put(treasuryTransfers, long)]);
    await bench.settle(treasury.settle());
    expect(await stateOf()).toMatchObject({ state: "FAIL" });
    expect(await move(made())).toBe("FAIL");
    expect(movements()).toHaveLength(0);
  });
});
