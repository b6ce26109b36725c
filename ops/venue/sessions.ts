/** WebSocket sessions: what each has subscribed to, the control messages, and whose account events it hears. */
import type { Market } from "../../shared/domain/instrument.ts";
import { readStreamName, type SocketPath } from "./binance/stream-names.ts";
import { DelayLine, type Delays } from "./delay-line.ts";
import { envelope, type Hub, type Listener } from "./hub.ts";

/** The transport's side of a session. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface SessionSide {
  message(text: string): void;
  /** Ends it from the venue's side. */
  end(code: number, reason: string): void;
  closed(): void;
}

const STREAMS_MAX = 1_024;
const MESSAGES_PER_SECOND_MAX = { SPOT: 5, FUT: 10 } as const;
const MESSAGE_CHARACTERS_MAX = 64 * 1024;
const POLICY_VIOLATION = 1008;

export interface SessionContext {
  readonly hub: Hub;
  readonly users: UserStreams;
  /** The account behind a listen key. */
  accountOf(listenKey: string): string | undefined;
  readonly feed: Delays;
}

/** Who listens to which account's events, each in its own envelope. */
export class UserStreams {
  private readonly listeners = new Map<string, Map<Listener, (text: string) => string>>();

  add(account: string, market: Market, listener: Listener, wrap: (text: string) => string): void {
    const key = `${account}|${market}`;
    const group = this.listeners.get(key) ?? new Map();
    this.listeners.set(key, group);
    group.set(listener, wrap);
  }

  drop(listener: Listener): void {
    for (const [key, group] of this.listeners) {
      group.delete(listener);
      if (group.size === 0) this.listeners.delete(key);
    }
  }

  heard(account: string, market: Market): boolean {
    return this.listeners.has(`${account}|${market}`);
  }

  tell(account: string, market: Market, text: string): void {
    for (const [listener, wrap] of this.listeners.get(`${account}|${market}`) ?? []) listener.send(wrap(text));
  }
}

/** A session on a streams path: market streams by name, futures account events by listen key. */
export class StreamSession implements SessionSide, Listener {
  readonly market: Market;
  private readonly context: SessionContext;
  private readonly users: UserStreams;
  private readonly path: SocketPath;
  private readonly wire: Wire;
  private readonly line: DelayLine<string>;
  private readonly onClosed: () => void;
  private readonly names = new Set<string>();
  private second = 0;
  private messages = 0;
  private open = true;

  constructor(context: SessionContext, { path, wire, onClosed }: { path: SocketPath; wire: Wire; onClosed(): void }) {
    this.context = context;
    this.users = context.users;
    this.onClosed = onClosed;
    this.path = path;
    this.market = path.market;
    this.wire = wire;
    this.line = new DelayLine(context.feed, (text) => this.wire.send(text));
    for (const name of path.names) this.subscribe(name);
  }

  send(text: string): void {
    if (this.open) this.line.put(text);
  }

  private prefix(name: string): string {
    return this.path.combined ? envelope(name) : "";
  }

  /** Unknown streams are taken and stay silent, as at Binance. */
  private subscribe(name: string): void {
    if (this.names.has(name)) return;
    this.names.add(name);
    const wanted = readStreamName(this.market, name);
    const prefix = this.prefix(name);
    if (wanted) this.context.hub.add(wanted, this, prefix);
    const account = wanted || this.market === "SPOT" ? undefined : this.context.accountOf(name);
    if (account === undefined) return;
    this.users.add(account, "FUT", this, (text) => (prefix === "" ? text : `${prefix}${text}}`));
  }

  private unsubscribe(name: string): void {
    this.names.delete(name);
    const wanted = readStreamName(this.market, name);
    if (wanted) this.context.hub.remove(wanted, this, this.prefix(name));
  }

  message(text: string): void {
    if (!this.open || this.isTooFast()) return;
    if (text.length > MESSAGE_CHARACTERS_MAX) {
      this.end(POLICY_VIOLATION, "Payload too long");
      return;
    }
    this.send(this.answer(text));
  }

  private isTooFast(): boolean {
    const second = Math.floor(this.context.feed.clock.now() / 1000);
    this.messages = second === this.second ? this.messages + 1 : 1;
    this.second = second;
    if (this.messages <= MESSAGES_PER_SECOND_MAX[this.market]) return false;
    this.end(POLICY_VIOLATION, "Too many requests");
    return true;
  }

  private answer(text: string): string {
    const request = readControl(text);
    if (request === undefined) return controlError(3, "Invalid JSON: expected an object", null);
    const { id, params } = request;
    switch (request.method) {
      case "SUBSCRIBE":
      case "UNSUBSCRIBE":
        if (!params) return controlError(2, "Invalid request: params must be an array of strings", id);
        if (request.method === "UNSUBSCRIBE") for (const name of params) this.unsubscribe(name);
        else if (this.names.size + params.length > STREAMS_MAX) {
          return controlError(2, `Invalid request: at most ${STREAMS_MAX} streams a connection`, id);
        } else for (const name of params) this.subscribe(name);
        return JSON.stringify({ result: null, id });
      case "LIST_SUBSCRIPTIONS":
        return JSON.stringify({ result: [...this.names], id });
      case "GET_PROPERTY":
        return JSON.stringify({ result: this.path.combined, id });
      case "SET_PROPERTY":
        return JSON.stringify({ result: null, id });
      default:
        return controlError(2, "Invalid request: unknown variant, expected SUBSCRIBE", id);
    }
  }

  /** Ends it from this side. */
  end(code: number, reason: string): void {
    if (!this.open) return;
    this.closed();
    this.wire.close(code, reason);
  }

  closed(): void {
    if (!this.open) return;
    this.open = false;
    for (const name of [...this.names]) this.unsubscribe(name);
    this.users.drop(this);
    this.line.stop();
    this.onClosed();
  }
}

type ControlId = number | string | null;

function controlError(code: number, msg: string, id: ControlId): string {
  return JSON.stringify({ error: { code, msg }, id });
}

function readControl(text: string): { method: unknown; params: string[] | undefined; id: ControlId } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { method, params, id } = value as Record<string, unknown>;
    const names = Array.isArray(params) && params.every((name) => typeof name === "string") ? params : undefined;
    const known = typeof id === "number" || (typeof id === "string" && id.length <= 36) ? id : null;
    return { method, params: names, id: known };
  } catch {
    return undefined;
  }
}
