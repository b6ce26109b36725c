import { beforeEach, expect, test } from "bun:test";
import { emit, put, remove } from "../../shared/changes.ts";
import { exchangeMarks, type TreasuryTransfer, treasuryTransfers } from "../../shared/collections/exchange.ts";
import type { Transfer } from "../../shared/contracts.ts";
import { Bundle, type TreasuryFlags } from "../../shared/domain/bundle.ts";
import { abs, show } from "../../shared/domain/money.ts";
import { asProblem } from "../../shared/errors.ts";
import { createGrantChecker, createGrantSigner, transferHash } from "../../shared/kit/grant.ts";
import { RESTORED_MARK } from "../../shared/restored.ts";
import { opsEvents } from "../../shared/streams.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { LostTransfers } from "./lost-transfers.ts";
import { Treasury } from "./treasury.ts";
import { type Bench, connectToVenue } from "./venue.fixture.ts";

const PATH = "/sapi/v1/asset/transfer";
const { privateKey, publicKey } = grantKeysForTests();
const FLAGS = Bundle.shape.flags.parse({}).treasury;

let bench: Bench;
let flags: TreasuryFlags;
let treasury: Treasury;

beforeEach(async () => {
  bench = await connectToVenue();
  flags = { ...FLAGS };
  treasury = life();
});

/** A treasury that knows nothing but what is stored. */
function life(): Treasury {
  const { around, store, connector, clock } = bench;
  const { log, settings, raise } = around;
  return new Treasury({
    ...{ account: "main", clock, log, settings, raise, store },
    transfers: connector.venue.transfers,
    grants: createGrantChecker(publicKey, clock),
    balances: () => connector.queries.balances(),
    flags: () => flags,
    audit: (entry) => emit(opsEvents, { source: "s01", ts: clock.now(), ...entry }),
  });
}

const made = (given: Partial<Transfer> = {}): Transfer => ({
  ...{ transfer_id: "t-1", account: "main", from: "SPOT", to: "FUT", amount_usdt: "100", reason: "test" },
  ...given,
});
/** Its result, or the code of the problem. */
async function moving(transfer: Transfer): Promise<string> {
  const { transfer_id } = transfer;
  const asked = { transfer_id, hash: transferHash(transfer), approver: "ada", start_by: bench.clock.now() + 60_000 };
  const grant = await createGrantSigner(privateKey, bench.clock).sign(asked);
  return treasury.transfer(transfer, grant).then(
    ({ result }) => result,
    (error: unknown) => asProblem(error).code,
  );
}
const move = (transfer: Transfer) => bench.settle(moving(transfer));
const stateOf = async () => (await bench.store.get(treasuryTransfers, "t-1"))?.value;

/** Of the venue's own journal: how much went each way, movement by movement. */
const movements = (): string[] =>
  bench.venue.exchange.state.income
    .filter(({ why }) => why?.startsWith("transfer "))
    .map(({ why, qty }) => `${why?.slice(9)} ${show(abs(qty))}`);
/** What the books say of `t-1` is of the time of a backup. */
async function restored(as_of: number, kept?: TreasuryTransfer): Promise<void> {
  const restored_at = bench.clock.now() + 1_000;
  await bench.clock.run(restored_at + 1_000);
  const value = { backup_id: "b", as_of, restored_at };
  await bench.store.commit([
    kept ? put(treasuryTransfers, kept) : remove(treasuryTransfers, "t-1"),
    put(exchangeMarks, { id: RESTORED_MARK, value, ts: restored_at }),
  ]);
}

test("after a restore no transfer is made that may be one of the lost time, and those count in what is moved a day", async () => {
  flags = { ...FLAGS, day_usdt_max: "250" };
  const as_of = bench.clock.now();
  expect(await move(made())).toBe("OK");
  await restored(as_of);
  // Both are 100 USDT the same way: nobody can tell the repeat of the one from a new one.
  expect(await move(made())).toBe("RULE");
  expect(await move(made({ transfer_id: "t-2" }))).toBe("RULE");
  expect(movements()).toEqual(["MAIN_UMFUTURE 100"]);
  expect(await move(made({ transfer_id: "t-3", amount_usdt: "151" }))).toBe("RULE");
  expect(await move(made({ transfer_id: "t-4", amount_usdt: "50" }))).toBe("OK");
  expect(await move(made({ transfer_id: "t-5", from: "FUT", to: "SPOT" }))).toBe("OK");
  // What was made since is in the books.
  expect(await move(made({ transfer_id: "t-6", amount_usdt: "50" }))).toBe("RULE");
  flags = { ...FLAGS, day_usdt_max: "1000" };
  expect(await move(made({ transfer_id: "t-6", amount_usdt: "50" }))).toBe("OK");
});

test("one that the restored books have not sent is not sent again where it left in the lost time", async () => {
  bench.venue.faults.addAnswer({ kind: "answer", path: PATH, method: "POST", count: 2, status: 400, code: -1021 });
  expect(await move(made())).toBe("UNAVAILABLE");
  const [as_of, unsent] = [bench.clock.now(), (await stateOf())!];
  expect(unsent.sent_at).toBeUndefined();
  expect(await move(made())).toBe("OK");
  await restored(as_of, unsent);
  treasury = life();
  expect(await move(made())).toBe("FAIL");
  expect((await stateOf())?.message).toContain("which the restored books do not know");
  expect(movements()).toHaveLength(1);
});

test("a transfer of the same amount is a new one once no repeat can come any more", async () => {
  const as_of = bench.clock.now();
  expect(await move(made())).toBe("OK");
  await restored(as_of);
  const { store, clock, connector } = bench;
  const said = (later: number) => {
    const at = { now: () => clock.now() + later };
    const lost = new LostTransfers({ store, clock: at, transfers: connector.venue.transfers });
    return bench.settle(lost.mayBe(made()));
  };
  expect(await said(2 * 86_400_000 - 10_000)).toContain("this may be it");
  expect(await said(2 * 86_400_000 + 10_000)).toBeUndefined();
});
