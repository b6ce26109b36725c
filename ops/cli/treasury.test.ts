import { expect, test } from "bun:test";
import type { TreasuryTransfer } from "../../shared/collections/exchange.ts";
import type { Approval } from "../../shared/collections/people.ts";
import { listed, readWork, told } from "./treasury.ts";

const values = { user: "admin", code: false, json: false };
const full = { ...values, from: "spot", to: "FUT", amount: "100", reason: "more margin" };

test("what cannot be asked is said before anybody signs in", () => {
  const rows: [string[], object, string][] = [
    [[], {}, "Say what to do"],
    [["bogus"], {}, '"bogus" is nothing to do'],
    [["transfer"], {}, "--from, --to, --amount and --reason"],
    [["transfer", "extra"], full, '"extra" is too much'],
    [["transfer"], { ...full, to: "bank" }, "--to is one of SPOT, FUT"],
    [["approve"], {}, "Name the one to approve"],
    [["approve", "a", "b"], {}, '"b" is too much'],
    [["list"], { limit: "0" }, "--limit must be a number from 1 to 1000"],
  ];
  for (const [words, given, said] of rows) expect(() => readWork(words, { ...values, ...given })).toThrow(said);
});

/** A gateway that answers as told, and what it was asked. */
function gateway(answer: (path: string) => object) {
  const asked: [string, object?, string?][] = [];
  const session = {
    get: async <T>(path: string) => {
      asked.push([path]);
      return answer(path) as T;
    },
    post: async <T>(path: string, body: object, key: string) => {
      asked.push([path, body, key]);
      return answer(path) as T;
    },
    prove: () => Promise.reject(new Error("nothing to prove")),
    end: async () => {},
  };
  return { session, asked };
}
const json = { ...values, json: true };

test("a transfer goes under the key it is given, in the wallets' own names; failed is exit code 1", async () => {
  const { session, asked } = gateway(() => ({ transfer_id: "t", status: "FAIL" }));
  expect(await readWork(["transfer"], { ...full, ...json, key: "again" })(session)).toBe(1);
  const body = { from: "SPOT", to: "FUT", amount_usdt: "100", reason: "more margin" };
  expect(asked).toEqual([["/treasury/transfer", body, "again"]]);
});

test("what is decided on is what was shown, by its hash", async () => {
  const { session, asked } = gateway(() => approval);
  expect(await readWork(["approve", "a/b"], json)(session)).toBe(0);
  expect(asked[0]).toEqual(["/approvals/a%2Fb"]);
  expect(asked[1]?.slice(0, 2)).toEqual(["/approvals/a%2Fb/approve", { hash: "h" }]);
});

const approval: Approval = {
  ...{ approval_id: "id-1", kind: "TRANSFER", hash: "h", requested_by: "tom", state: "DONE", decided_by: "rita" },
  subject: { from: "SPOT", to: "FUT", amount_usdt: "100", reason: "a\u001b[31m" },
  ...{ outcome: "Done.", expires_at: 3, created_at: 1_700_000_000_000, updated_at: 2 },
};
const transfer: TreasuryTransfer = {
  ...{ transfer_id: "id-1", account: "main", from: "SPOT", to: "FUT", amount_usdt: "100", reason: "r", hash: "h" },
  ...{ approved_by: "rita", state: "OK", tx_id: "7", created_at: 1_700_000_000_000, updated_at: 2 },
};

test("lists what was asked for and what was moved, and lets no control character of a reason through", () => {
  const lines = listed([approval, { ...approval, self_approved: true, state: "FAILED" }], [transfer]);
  expect(lines.map((line) => Bun.stripANSI(line))).toEqual([
    "Asked for (UTC)",
    '2023-11-14 22:13 ● DONE  100 USDT SPOT → FUT  asked by tom, decided by rita: "a\\u001b[31m"  Done.  id-1',
    '2023-11-14 22:13 ● FAILED  100 USDT SPOT → FUT  asked by tom, decided by rita who asked for it: "a\\u001b[31m"  Done.  id-1',
    "",
    "Moved (UTC)",
    "2023-11-14 22:13 ● OK  100 USDT SPOT → FUT  approved by rita  exchange id 7",
  ]);
  expect(listed([], []).filter((line) => line.includes("nothing yet"))).toHaveLength(2);
});

test("says what became of a request, and what to do next", () => {
  const say = (status: Parameters<typeof told>[0]["status"]) => told({ transfer_id: "t-1", status }).join("\n");
  expect(say("PENDING_APPROVAL")).toContain("./chimera treasury approve t-1");
  expect(say("OK")).toContain("Moved.");
  expect(say("FAIL")).toContain("Not moved.");
  expect(say("UNKNOWN")).toContain("not known yet");
});
