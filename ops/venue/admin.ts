/** The venue's admin API: accounts, balances, the journal and faults, for whoever holds its token. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { Account, PositiveDecimal } from "../../shared/domain/instrument.ts";
import { dec, show } from "../../shared/domain/money.ts";
import { Refusal } from "../../shared/engine/checks.ts";
import { asProblem, FAILURES, refuse } from "../../shared/errors.ts";
import { type FaultContext, FaultSchema, MarketName, switchOn } from "./admin-faults.ts";
import { fingerprint, type Keys, readPublicKey } from "./binance/keys.ts";
import { PERMISSIONS, type RestRequest, type VenueAccount } from "./binance/request.ts";
import type { Journal } from "./journal.ts";
import type { RestAnswer } from "./rest.ts";

export interface AdminContext extends FaultContext {
  readonly token: string;
  readonly journal: Journal;
  readonly keys: Keys;
  fund(account: VenueAccount): void;
  switchKey(key: string, on: boolean): void;
  stateHash(): string;
}

const BODY_CHARACTERS_MAX = 64 * 1024;
const PAGE_MAX = 1_000;

const Assets = z.record(z.string().regex(/^[A-Z0-9]{2,12}$/), PositiveDecimal);
const NewAccount = z.strictObject({
  account: Account,
  key: z.string().regex(/^[\w-]{4,128}$/),
  secret: z.string().min(8).max(256),
  public_key: z
    .string()
    .max(4_096)
    .refine((pem) => readPublicKey(pem) !== undefined, "must be the PEM of an Ed25519 or RSA public key")
    .optional(),
  permissions: z.array(z.enum(PERMISSIONS)).optional(),
  ip_restricted: z.boolean().optional(),
  can_withdraw: z.boolean().optional(),
  balances: z.strictObject({ SPOT: Assets.optional(), FUT: Assets.optional() }).default({}),
});
const Move = z.strictObject({
  market: MarketName,
  asset: z.string().regex(/^[A-Z0-9]{2,12}$/),
  qty: PositiveDecimal,
  direction: z.enum(["deposit", "withdrawal"]).default("deposit"),
});
const Switch = z.strictObject({ on: z.boolean() });
interface AdminCall {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: () => unknown;
}

/**
 * `GET accounts` · `POST accounts` · `POST accounts/{account}/moves` · `GET keys` · `POST keys/{key}/switch` ·
 * `GET journal?from&limit` · `GET state` · `GET`, `POST` and `DELETE faults`. Bodies and their limits are the
 * schemas above and in admin-faults.ts; failures are problem+json. A key that is added lives until the venue stops;
 * its account's money, and that a key was switched off, are in the journal.
 */
export class Admin {
  private readonly context: AdminContext;
  private readonly routes: Readonly<Record<string, (call: AdminCall) => unknown>>;

  constructor(context: AdminContext) {
    this.context = context;
    this.routes = {
      "GET accounts": () => this.accounts(),
      "POST accounts": (call) => this.addAccount(call),
      "POST accounts moves": (call) => this.move(call),
      "GET keys": () => ({ keys: context.keys.all().map((key) => this.keyRow(key)) }),
      "POST keys switch": (call) => this.switchKey(call),
      "GET journal": (call) => this.journal(call),
      "GET state": () => this.state(),
      "GET faults": () => ({ faults: context.faults.list() }),
      "POST faults": (call) => this.addFault(call),
      "DELETE faults": () => this.clearFaults(),
    };
  }

  answer(request: RestRequest): RestAnswer {
    try {
      this.authorise(request.headers.authorization);
      const result = this.route(request);
      return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(result) };
    } catch (error) {
      const problem = asProblem(error instanceof Refusal ? refusalProblem(error) : error);
      const { title } = FAILURES[problem.code];
      const body = { type: "about:blank", title, status: problem.status, code: problem.code, detail: problem.message };
      const headers = { "content-type": "application/problem+json" };
      return { status: problem.status, headers, body: JSON.stringify(body) };
    }
  }

  private authorise(header: string | undefined): void {
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    const given = digest(header ?? "");
    if (!timingSafeEqual(given, digest(`Bearer ${this.context.token}`))) {
      refuse("UNAUTHENTICATED", "Send the venue's admin token as Authorization: Bearer.");
    }
  }

  private route({ method, path, body = "" }: RestRequest): unknown {
    if (body.length > BODY_CHARACTERS_MAX) refuse("TOO_LARGE", `At most ${BODY_CHARACTERS_MAX} characters.`);
    const url = new URL(path, "http://admin");
    const parts = url.pathname.split("/").filter((part) => part !== "");
    const named = parts.length === 3 ? [parts[0], parts[2]] : parts;
    const name = `${method} ${named.join(" ")}`;
    const run = this.routes[name] ?? refuse("NOT_FOUND", "There is no such admin endpoint.");
    return run({ parts, query: url.searchParams, body: () => readJson(body) });
  }

  private accounts(): unknown {
    const { exchange } = this.context;
    const lines = exchange.state.ledger.all();
    return {
      accounts: [...exchange.state.accounts].map((account) => ({
        account,
        balances: lines
          .filter((line) => line.owner.startsWith(`${account}:`))
          .map((line) => ({
            market: line.owner.slice(account.length + 1),
            bucket: line.bucket,
            part: line.part,
            asset: line.asset,
            qty: show(line.amount),
          })),
      })),
    };
  }

  private addAccount({ body }: AdminCall): unknown {
    const account = checked(NewAccount, body());
    const known = this.context.keys.all().some((other) => other.key === account.key);
    if (known) refuse("CONFLICT", "This key is taken.");
    const fresh = !this.context.exchange.state.accounts.has(account.account);
    this.context.keys.add(account as VenueAccount);
    if (fresh) this.context.fund(account as VenueAccount);
    return { account: account.account, funded: fresh };
  }

  private keyRow(key: VenueAccount): unknown {
    const { keys } = this.context;
    const { account, permissions = PERMISSIONS } = key;
    return { fingerprint: fingerprint(key.key), account, permissions, on: keys.isOn(key) };
  }

  /** The key itself or its fingerprint says which. */
  private switchKey({ parts, body }: AdminCall): unknown {
    const { keys, switchKey } = this.context;
    const found = keys.all().find(({ key }) => key === parts[1] || fingerprint(key) === parts[1]);
    if (!found) refuse("NOT_FOUND", "There is no such key.");
    switchKey(found.key, checked(Switch, body()).on);
    return this.keyRow(found);
  }

  private move({ parts, body }: AdminCall): unknown {
    const { exchange } = this.context;
    const account = parts[1] ?? "";
    if (!exchange.state.accounts.has(account)) refuse("NOT_FOUND", "There is no such account.");
    const { market, asset, qty, direction } = checked(Move, body());
    if (market === "FUT" && asset !== "USDT") refuse("INVALID", "Futures wallets hold USDT only.");
    const signed = dec(direction === "deposit" ? qty : `-${qty}`);
    exchange.run(this.context.now(), () => exchange.move(account, market, { asset, qty: signed, why: direction }));
    return { account, market, asset, free: show(exchange.state.free(account, market, asset)) };
  }

  private journal({ query }: AdminCall): unknown {
    const from = wholeNumber(query.get("from") ?? "1", "from");
    const limit = Math.min(wholeNumber(query.get("limit") ?? "100", "limit"), PAGE_MAX);
    const entries = this.context.journal.read(from, limit);
    return { length: this.context.journal.length(), head: this.context.journal.head(), entries };
  }

  private state(): unknown {
    const { exchange, journal } = this.context;
    const { orders, open, openAlgos, trades } = exchange.state;
    const counts = { orders: orders.size, open_orders: open.size, open_algos: openAlgos.size, trades: trades.length };
    return {
      ...counts,
      journal_entries: journal.length(),
      journal_head: journal.head(),
      state_hash: this.context.stateHash(),
    };
  }

  private addFault({ body }: AdminCall): unknown {
    const fault = checked(FaultSchema, body());
    switchOn(this.context, fault);
    return { fault };
  }

  private clearFaults(): unknown {
    this.context.faults.clear();
    return { faults: [] };
  }
}

function refusalProblem(error: Refusal): unknown {
  try {
    return refuse("WRONG_STATE", `The exchange refused: ${error.why}`);
  } catch (problem) {
    return problem;
  }
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return refuse("MALFORMED", "The body is not JSON.");
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({ field: issue.path.join("."), message: issue.message }));
  return refuse("INVALID", errors.map(({ field, message }) => `${field || "body"}: ${message}`).join("; "), { errors });
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) refuse("INVALID", `${name} must be a whole number.`);
  return Number(text);
}
