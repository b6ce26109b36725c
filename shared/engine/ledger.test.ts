import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, dec, show, sum, zero } from "../domain/money.ts";
import { Ledger, move, type Posting } from "./ledger.ts";

const wallet = (owner: string, amount: string, asset = "USDT"): Posting => ({
  owner,
  bucket: "wallet",
  asset,
  amount: dec(amount),
});

test("postings that do not sum to zero per asset are refused, and none of them is booked", () => {
  const ledger = new Ledger();
  ledger.post(move(dec("10"), { owner: "house", bucket: "outside" }, { owner: "a", bucket: "wallet", asset: "USDT" }));
  const before = ledger.all();
  const cases: Posting[][] = [
    [wallet("a", "1")],
    [wallet("a", "1"), wallet("b", "-0.999999999999999999")],
    [wallet("a", "1"), wallet("b", "-1", "BTC")],
  ];
  for (const postings of cases) expect(() => ledger.post(postings)).toThrow("Invariant");
  expect(ledger.all()).toEqual(before);
});

test("a line that becomes zero is gone, and parts of a bucket are kept apart and totalled", () => {
  const ledger = new Ledger();
  const to = (part: string) => ({ owner: "a", bucket: "hold" as const, part, asset: "USDT" });
  ledger.post(move(dec("3"), { owner: "a", bucket: "wallet" }, to("o1")));
  ledger.post(move(dec("4"), { owner: "a", bucket: "wallet" }, to("o2")));
  expect([ledger.balance("a", "hold", "USDT", "o1"), ledger.total("a", "hold", "USDT")].map(show)).toEqual(["3", "7"]);
  ledger.post(move(dec("-3"), { owner: "a", bucket: "wallet" }, to("o1")));
  expect(ledger.all().map((line) => `${line.bucket} ${line.part} ${show(line.amount)}`)).toEqual([
    "hold o2 4",
    "wallet  -4",
  ]);
});

test("any moves between any places leave every asset at zero in sum", () => {
  const place = fc.record({
    owner: fc.constantFrom("a", "b", "house"),
    bucket: fc.constantFrom("wallet", "hold", "fees"),
    part: fc.constantFrom("", "x", "y"),
  });
  const moves = fc.array(fc.tuple(place, place, fc.constantFrom("USDT", "BTC"), fc.bigInt(-(10n ** 24n), 10n ** 24n)));
  fc.assert(
    fc.property(moves, (all) => {
      const ledger = new Ledger();
      for (const [from, to, asset, amount] of all) {
        ledger.post(move(amount as Amount, from as Posting, { ...(to as Posting), asset }));
      }
      for (const total of ledger.sums().values()) expect(total).toBe(zero);
      expect(sum(ledger.all().map((line) => line.amount))).toBe(zero);
      expect(ledger.all().every((line) => line.amount !== zero)).toBe(true);
      for (const { owner, bucket, asset } of ledger.all()) {
        const parts = ledger.all().filter((at) => at.owner === owner && at.bucket === bucket && at.asset === asset);
        expect(ledger.total(owner, bucket, asset)).toBe(sum(parts.map((part) => part.amount)));
      }
      for (const owner of ["a", "b", "house"]) {
        const lines = ledger.all().filter((line) => ledger.total(owner, line.bucket, line.asset) !== zero);
        const assets = lines.filter((line) => line.owner === owner).map((line) => line.asset);
        expect(ledger.assetsOf(owner)).toEqual(new Set(assets));
      }
    }),
    { seed: 7 },
  );
});
