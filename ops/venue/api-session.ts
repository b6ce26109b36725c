/** A session on a WebSocket API path: endpoints as methods, logging on, and on spot the account's events. */
import type { Market } from "../../shared/domain/instrument.ts";
import { BinanceError, errors } from "./binance/errors.ts";
import { checkPermission, type Keys } from "./binance/keys.ts";
import type { Limits } from "./binance/limits.ts";
import { ordersIn } from "./binance/order-counts.ts";
import { checkTiming, type VenueAccount } from "./binance/request.ts";
import type { SocketPath } from "./binance/stream-names.ts";
import {
  endpointOf,
  type RateLimits,
  readWsRequest,
  unknownMethod,
  type WsRequest,
  wrongKeyKind,
  wsAnswer,
  wsError,
} from "./binance/ws-api.ts";
import { DelayLine, type Delays } from "./delay-line.ts";
import type { Listener } from "./hub.ts";
import type { Rest } from "./rest.ts";
import type { SessionSide, Wire } from "./sessions.ts";
import type { UserStreams } from "./user-streams.ts";

export interface ApiContext {
  readonly rest: Rest;
  readonly keys: Keys;
  readonly limits: Limits;
  readonly users: UserStreams;
  readonly ip: string;
  readonly incoming: Delays;
  readonly outgoing: Delays;
  onClosed(session: SessionSide): void;
}

const MESSAGE_CHARACTERS_MAX = 64 * 1024;
const POLICY_VIOLATION = 1008;

interface Subscription extends Listener {
  readonly apiKey: string;
  /** Made by the session's own key, and ended when that logs out. */
  readonly ofSession: boolean;
}

export class ApiSession implements SessionSide {
  private readonly context: ApiContext;
  private readonly market: Market;
  private readonly wire: Wire;
  private readonly incoming: DelayLine<string>;
  private readonly outgoing: DelayLine<string>;
  private readonly connectedAt: number;
  private readonly subscriptions = new Map<number, Subscription>();
  private nextSubscription = 0;
  private logon: { account: VenueAccount; at: number } | undefined;
  private showsLimits: boolean;
  private open = true;
  private readonly methods: Readonly<Record<string, (request: WsRequest, now: number) => unknown>>;

  constructor(context: ApiContext, path: SocketPath, wire: Wire) {
    this.context = context;
    this.market = path.market;
    this.wire = wire;
    this.incoming = new DelayLine(context.incoming, (text) => this.take(text));
    this.outgoing = new DelayLine(context.outgoing, (text) => this.wire.send(text));
    this.connectedAt = this.now();
    this.showsLimits = path.query.get("returnRateLimits") !== "false";
    this.methods = this.ownMethods();
  }

  private ownMethods() {
    const session = {
      "session.logon": (request: WsRequest, now: number) => this.logOn(request, now),
      "session.status": (_: WsRequest, now: number) => this.status(now),
      "session.logout": (_: WsRequest, now: number) => this.logOut(now),
    };
    if (this.market === "FUT") return session;
    return {
      ...session,
      "session.subscriptions": () => [...this.subscriptions.keys()].map((subscriptionId) => ({ subscriptionId })),
      "userDataStream.subscribe": () => this.subscribe(this.logon?.account, true),
      "userDataStream.subscribe.signature": (request: WsRequest, now: number) =>
        this.subscribe(this.context.keys.signed(request, now), false),
      "userDataStream.unsubscribe": (request: WsRequest) => this.unsubscribe(request),
    };
  }

  private now(): number {
    return Math.floor(this.context.incoming.clock.now());
  }

  send(text: string): void {
    if (this.open) this.outgoing.put(text);
  }

  message(text: string): void {
    if (!this.open) return;
    if (text.length > MESSAGE_CHARACTERS_MAX) this.end(POLICY_VIOLATION, "Payload too long");
    else this.incoming.put(text);
  }

  private take(text: string): void {
    const holds = { ms: 0 };
    const now = this.now();
    let request: WsRequest | undefined;
    let answer: string;
    try {
      request = readWsRequest(text);
      const result = this.run(request, now, holds);
      answer = wsAnswer(request.id, result, this.rateLimits(request, now));
    } catch (error) {
      const said = this.context.rest.asBinanceError(error, this.market);
      const rateLimits = request === undefined ? undefined : this.rateLimits(request, now);
      answer = wsError(request?.id ?? null, said, { now, rateLimits });
    }
    if (holds.ms > 0) this.context.incoming.clock.after(holds.ms, () => this.send(answer));
    else this.send(answer);
  }

  private run(request: WsRequest, now: number, holds: { ms: number }): unknown {
    const { rest, limits, ip } = this.context;
    const { method, params } = request;
    const own = Object.hasOwn(this.methods, method) ? this.methods[method] : undefined;
    if (own) {
      limits.weigh(this.market, ip, { weight: 2, now });
      return own(request, now);
    }
    const name = endpointOf(this.market, method);
    if (name === undefined) throw unknownMethod();
    const { security } = rest.charge(name, { params, ip, now });
    const who = security === "public" ? undefined : this.whoAsks(request, { name, security, now });
    return rest.call(name, { params, account: who?.account ?? "", apiKey: who?.key, now }, holds);
  }

  /** By the request's own key, or the one the session logged on with. */
  private whoAsks(
    request: WsRequest,
    { name, security, now }: { name: string; security: "key" | "signed"; now: number },
  ): VenueAccount {
    const { keys } = this.context;
    const isOwn = request.apiKey !== undefined || request.signature !== undefined || this.logon === undefined;
    const account = isOwn ? this.ownKey(request, security, now) : keys.ofKey(this.logon?.account.key);
    if (!isOwn && security === "signed") checkTiming(request.params, now);
    checkPermission(account, name);
    return account;
  }

  private ownKey(request: WsRequest, security: "key" | "signed", now: number): VenueAccount {
    const { keys } = this.context;
    return security === "key" ? keys.ofKey(request.apiKey) : keys.signed(request, now);
  }

  private logOn(request: WsRequest, now: number): unknown {
    const account = this.context.keys.signed(request, now);
    if (this.context.keys.kindOf(account) !== "ed25519") throw wrongKeyKind();
    this.logon = { account, at: now };
    return this.status(now);
  }

  private logOut(now: number): unknown {
    this.logon = undefined;
    for (const [id, subscription] of this.subscriptions) {
      if (subscription.ofSession) this.terminate(id, now);
    }
    return this.status(now);
  }

  /** A key was switched off: what was subscribed to by it ends, and so does what the session may do by it. */
  keyEnded(apiKey: string): void {
    const now = this.now();
    for (const [id, subscription] of this.subscriptions) {
      if (subscription.apiKey === apiKey) this.terminate(id, now);
    }
    if (this.logon?.account.key === apiKey) this.logOut(now);
  }

  private terminate(id: number, now: number): void {
    this.subscriptions.get(id)?.send(JSON.stringify({ e: "eventStreamTerminated", E: now }));
    this.drop(id);
  }

  private status(now: number): unknown {
    return {
      apiKey: this.logon?.account.key ?? null,
      authorizedSince: this.logon?.at ?? null,
      connectedSince: this.connectedAt,
      returnRateLimits: this.showsLimits,
      serverTime: now,
      ...(this.market === "SPOT" ? { userDataStream: this.subscriptions.size > 0 } : {}),
    };
  }

  private subscribe(account: VenueAccount | undefined, ofSession: boolean): { subscriptionId: number } {
    if (!account) throw errors.unauthorized();
    checkPermission(account, "GET /api/v3/userDataStream");
    const subscriptionId = this.nextSubscription++;
    const head = `{"subscriptionId":${subscriptionId},"event":`;
    const { key: apiKey } = account;
    const subscription = { ofSession, apiKey, send: (text: string) => this.send(`${head}${text}}`) };
    this.subscriptions.set(subscriptionId, subscription);
    this.context.users.add(account.account, "SPOT", { listener: subscription, by: apiKey });
    return { subscriptionId };
  }

  /** The one that is named, or all. */
  private unsubscribe({ params }: WsRequest): unknown {
    const id = params.int("subscriptionId");
    if (id !== undefined && !this.subscriptions.has(id)) throw errors.invalid("subscriptionId");
    for (const each of id === undefined ? [...this.subscriptions.keys()] : [id]) this.drop(each);
    return {};
  }

  private drop(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (subscription) this.context.users.drop(subscription);
    this.subscriptions.delete(id);
  }

  private rateLimits(request: WsRequest, now: number): RateLimits {
    const wanted = request.params.map().get("returnRateLimits");
    if (!(wanted === undefined ? this.showsLimits : wanted === "true")) return undefined;
    const { limits, ip, keys } = this.context;
    const name = endpointOf(this.market, request.method) ?? "";
    const weight = { rateLimitType: "REQUEST_WEIGHT" as const, ...limits.weightUsed(this.market, ip, now) };
    if (ordersIn(name) === 0) return [weight];
    const account = this.logon?.account.account ?? accountOf(keys, request.apiKey);
    if (account === undefined) return [weight];
    const orders = limits.orders(this.market, account, now);
    return [...orders.map((used) => ({ rateLimitType: "ORDERS" as const, ...used })), weight];
  }

  end(code: number, reason: string): void {
    if (!this.open) return;
    this.closed();
    this.wire.close(code, reason);
  }

  closed(): void {
    if (!this.open) return;
    this.open = false;
    for (const id of [...this.subscriptions.keys()]) this.drop(id);
    this.incoming.stop();
    this.outgoing.stop();
    this.context.onClosed(this);
  }
}

function accountOf(keys: Keys, apiKey: string | undefined): string | undefined {
  try {
    return keys.ofKey(apiKey).account;
  } catch (error) {
    if (error instanceof BinanceError) return undefined;
    throw error;
  }
}
