import { afterAll, describe, expect, test } from "bun:test";
import { isPassword } from "../../services/s12-gateway/passwords.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { type User, users } from "../../shared/collections/people.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { OpsEvent } from "../../shared/streams.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder, storeFile } from "../run/folder.ts";
import { listed, readWork, told, type UserRow } from "./user.ts";
import { rescue } from "./user-rescue.ts";

const values = { user: "admin", code: false, json: true, "drop-second-factor": false, data: "data", role: undefined };

test("what cannot be asked is said before anybody signs in", () => {
  const rows: [string[], object, string][] = [
    [[], {}, "Say what to do"],
    [["bogus"], {}, '"bogus" is nothing to do'],
    [["list", "more"], {}, '"more" is too much'],
    [["add"], { role: "risk" }, "Say whom: ./chimera user add NAME --role R"],
    [["add", "rita"], {}, "--role is one of viewer, researcher"],
    [["add", "rita"], { role: "king" }, "--role is one of"],
    [["role", "rita"], {}, "--role is one of"],
    [["role", "rita", "risk", "now"], {}, '"now" is too much'],
    [["disable"], {}, "Say whom: ./chimera user disable NAME"],
    [["collect"], {}, "Say whom: ./chimera user collect ID"],
  ];
  for (const [words, given, said] of rows) expect(() => readWork(words, { ...values, ...given })).toThrow(said);
});

/** A gateway that answers as told, and what it was asked. */
function gateway(answer: (path: string) => object) {
  const asked: [string, object?][] = [];
  const session = {
    get: async <T>(path: string) => {
      asked.push([path]);
      return answer(path) as T;
    },
    post: async <T>(path: string, body: object) => {
      asked.push([path, body]);
      return answer(path) as T;
    },
    prove: () => Promise.reject(new Error("nothing to prove")),
    end: async () => {},
  };
  return { session, asked };
}
const row: UserRow = {
  ...{ username: "rita", role: "risk", disabled: false, must_change_password: true, second_factor: true },
  created_at: 1_700_000_000_000,
};

test("each asks the gateway for what it says", async () => {
  const rows: [string[], object, [string, object]][] = [
    [["add", "rita"], { role: "risk" }, ["/users", { username: "rita", role: "risk" }]],
    [["role", "a/b", "viewer"], {}, ["/users/a%2Fb/role", { role: "viewer" }]],
    [["disable", "rita"], {}, ["/users/rita/disable", {}]],
    [["enable", "rita"], {}, ["/users/rita/enable", {}]],
    [["reset", "rita"], {}, ["/users/rita/reset-password", { drop_second_factor: false }]],
    [["reset", "rita"], { "drop-second-factor": true }, ["/users/rita/reset-password", { drop_second_factor: true }]],
    [["collect", "id-1"], {}, ["/approvals/id-1/collect", {}]],
  ];
  for (const [words, given, wanted] of rows) {
    const { session, asked } = gateway(() => ({ ...row, answer: row }));
    expect(await readWork(words, { ...values, ...given })(session)).toBe(0);
    expect(asked).toEqual([wanted]);
  }
});

test("all pages of the list are shown", async () => {
  const { session, asked } = gateway((path) =>
    path.includes("cursor=") ? { items: [row] } : { items: [row], next_cursor: "a b" },
  );
  expect(await readWork(["list"], values)(session)).toBe(0);
  expect(asked).toEqual([["/users?limit=500"], ["/users?limit=500&cursor=a%20b"]]);
});

test("what waits for a second person has an exit code of its own", async () => {
  const waiting = { approval_id: "id-1", status: "PENDING_APPROVAL", detail: "Make the user rita" };
  const { session } = gateway(() => waiting);
  expect(await readWork(["add", "rita"], { ...values, role: "risk" })(session)).toBe(3);
});

test("a one-time password is shown with what it is good for; a list tells who has a second factor", () => {
  const plain = (lines: string[]) => lines.map((line) => Bun.stripANSI(line));
  expect(plain(told({ ...row, one_time_password: "secret-once" }))).toEqual([
    "● rita  risk",
    "  one-time password  secret-once  shown this once",
    "  Good for choosing another one: at the page, or with ./chimera user password",
  ]);
  expect(plain(told({ ...row, disabled: true }))).toEqual(["● rita  risk  locked out"]);
  const admin = { ...row, username: "administrator", role: "admin" as const, second_factor: false, disabled: true };
  expect(plain(listed([row, admin]))).toEqual([
    "● rita           risk        2023-11-14  second factor, one-time password",
    "● administrator  admin       2023-11-14  password alone, one-time password, locked out",
  ]);
});

describe("a rescue", () => {
  const path = newFolder();
  const folder = openFolder(path, { mode: "paper", venue: "paper-agents", account: "main" });
  const open = () => openStore({ path: storeFile(folder, "s12"), owner: "s12", collections: COLLECTIONS });
  afterAll(() => removeFolder(path));

  const admin: User = {
    ...{ username: "admin", password_hash: "lost", role: "admin", disabled: true, generation: 4, created_at: 1 },
    second_factor: { sealed_secret: "s", last_step: 1 },
    passkeys: [
      { ...{ passkey_id: "p", public_key: "k", counter: 0, transports: [] }, rp_id: "h", name: "n", created_at: 1 },
    ],
    recovery: ["hash"],
  };

  test("is refused where there are no users, or nothing at all", async () => {
    await expect(rescue(path)).rejects.toThrow("There are no users yet");
    await expect(rescue("/nowhere")).rejects.toThrow("holds no installation");
  });
  test("gives an admin a one-time password, forgets second factors, ends sessions, and is told to the audit log", async () => {
    const before = open();
    await before.commit([put(users, admin), put(users, { ...admin, username: "tom", role: "trader" })]);
    await before.close();
    await expect(rescue(path, "tom")).rejects.toThrow("There is no admin tom. There is admin.");
    const { username, one_time_password } = await rescue(path);
    const store = open();
    const found = (await store.get(users, username))?.value as User;
    const told = (await store.outbox.read(9)).map(({ event }) => event as OpsEvent);
    await store.close();
    expect(await isPassword(one_time_password, found.password_hash)).toBe(true);
    expect(found).toEqual({
      ...{ username: "admin", password_hash: found.password_hash, role: "admin", disabled: false, generation: 5 },
      ...{ created_at: 1, must_change_password: true },
    });
    expect(told).toMatchObject([
      { source: "s12", what: "user.rescued", ref: "admin", outcome: "ok", before: { second_factor: true } },
    ]);
    expect(told[0]?.actor).toEndWith("at the machine");
    expect(JSON.stringify(told)).not.toContain(one_time_password);
  });
  test("wants a name where there are several admins", async () => {
    const store = open();
    await store.commit([put(users, { ...admin, username: "rita" })]);
    await store.close();
    await expect(rescue(path)).rejects.toThrow("name one of admin, rita");
    expect((await rescue(path, "rita")).username).toBe("rita");
  });
});
