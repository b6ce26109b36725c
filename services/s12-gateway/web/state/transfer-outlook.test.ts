import { describe, expect, test } from "bun:test";
import type { TreasuryTransfer } from "../../../../shared/collections/exchange.ts";
import { dec, show } from "../../../../shared/domain/money.ts";
import { freeIn, movedOf, outlookOf } from "./transfer-outlook.ts";

const caps = {
  auto_transfer: false,
  min_free_fut_usdt: "100",
  spot_buffer_usdt: "100",
  cooldown_ms: 0,
  policy_transfer_usdt_max: "200",
  policy_day_usdt_max: "500",
  transfer_usdt_max: "5000",
  day_usdt_max: "10000",
};
const transfer = (change: Partial<TreasuryTransfer>): TreasuryTransfer => ({
  transfer_id: "x",
  account: "main",
  from: "SPOT",
  to: "FUT",
  amount_usdt: "100",
  reason: "",
  hash: "",
  approved_by: "policy",
  state: "OK",
  created_at: 0,
  updated_at: 0,
  ...change,
});
const outlook = (amount: string, moved = "0", free = "20000") => {
  const given = { from: "SPOT", to: "FUT", amount_usdt: amount, reason: "" } as const;
  const told = outlookOf(given, { caps, free: dec(free), moved: dec(moved) });
  return told.kind === "fault" ? told.fault : told.kind;
};

describe("what will become of a transfer", () => {
  test("up to the caps it waits for a person", () => {
    expect(["0.01", "200.01", "5000"].map((amount) => outlook(amount))).toEqual(["waits", "waits", "waits"]);
    expect(outlook("5000", "5000")).toBe("waits");
  });
  test("above the hard caps, beyond what is free, or to the same wallet nobody moves anything", () => {
    expect([outlook("5000.01"), outlook("5000", "5000.01"), outlook("50", "0", "49.99")]).toEqual([
      "over_cap",
      "over_day",
      "too_little",
    ]);
    const same = { from: "FUT", to: "FUT", amount_usdt: "1", reason: "" } as const;
    expect(outlookOf(same, { caps, free: dec("5"), moved: dec("0") })).toEqual({ kind: "fault", fault: "same_wallet" });
    expect(["", "0", "-5", "x"].map((amount) => outlook(amount))).toEqual(Array(4).fill("not_an_amount"));
  });
  test("what may have moved on this UTC day counts, what failed or is of another day does not", () => {
    const day = 86_400_000;
    const moved = [
      transfer({ created_at: day }),
      transfer({ created_at: day + 10, state: "UNKNOWN", amount_usdt: "7" }),
      transfer({ created_at: day + 10, state: "FAIL", amount_usdt: "50" }),
      transfer({ created_at: day - 1, amount_usdt: "900" }),
    ];
    expect(show(movedOf(moved, day + 20))).toBe("107");
  });
  test("free is USDT of that wallet alone", () => {
    const balance = { asset: "USDT", free: "5", locked: "1", updated_at: 1 } as const;
    const balances = [
      { ...balance, market: "SPOT" as const },
      { ...balance, market: "FUT" as const, free: "9" },
      { ...balance, market: "SPOT" as const, asset: "BTC" },
    ];
    expect(show(freeIn(balances, "SPOT"))).toBe("5");
  });
});
