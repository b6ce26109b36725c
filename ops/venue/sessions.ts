/** WebSocket sessions: what each has subscribed to, the control messages, and whose account events it hears. */
import type { Market } from "../../shared/domain/instrument.ts";
import { readStreamName, type SocketPath, type Wanted } from "./binance/stream-names.ts";
import { type Control, ControlError, controlAnswer, controlErrors, controlRefusal, readControl } from "./control.ts";
import { DelayLine, type Delays } from "./delay-line.ts";
import type { Feeds } from "./feeds.ts";
import { envelope, type Listener } from "./hub.ts";
import type { UserStreams } from "./user-streams.ts";

/** The transport's side of a session. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** A ping frame; absent where there are none, as between processes of one simulation. */
  ping?(payload: string): void;
}

export interface SessionSide {
  message(text: string): void;
  /** Ends it from the venue's side. */
  end(code: number, reason: string): void;
  closed(): void;
  /** A ping or pong frame came, which counts as a message. */
  framed?(): void;
  /** An API key was switched off. */
  keyEnded?(apiKey: string): void;
}

const STREAMS_MAX = 1_024;
const MESSAGE_CHARACTERS_MAX = 64 * 1024;
const POLICY_VIOLATION = 1008;

export interface SessionContext {
  readonly feeds: Feeds;
  readonly users: UserStreams;
  /** The account behind a listen key. */
  accountOf(listenKey: string): string | undefined;
  readonly feed: Delays;
  readonly messagesPerSecondMax: number;
}

/** Account events that the path's `events` names; all without it. */
function wantedEvents({ query }: SocketPath): ReadonlySet<string> | undefined {
  const events = query.get("events");
  return events === null ? undefined : new Set(events.split(/[/,]/));
}

const eventOf = (text: string): string => /^\{"e":"(\w+)"/.exec(text)?.[1] ?? "";

/** One name of a session: a market stream, an account's events, or nothing that is known. */
interface Heard {
  readonly wanted: Wanted | undefined;
  readonly user: Listener | undefined;
  readonly prefix: string;
}

/** A session on a streams path: market streams by name, futures account events by listen key. */
export class StreamSession implements SessionSide, Listener {
  readonly market: Market;
  private readonly context: SessionContext;
  private readonly wire: Wire;
  private readonly line: DelayLine<string>;
  private readonly onClosed: () => void;
  private readonly names = new Map<string, Heard>();
  private readonly events: ReadonlySet<string> | undefined;
  private combined: boolean;
  private second = 0;
  private messages = 0;
  private open = true;

  constructor(context: SessionContext, { path, wire, onClosed }: { path: SocketPath; wire: Wire; onClosed(): void }) {
    this.context = context;
    this.onClosed = onClosed;
    this.market = path.market;
    this.combined = path.combined;
    this.events = wantedEvents(path);
    this.wire = wire;
    this.line = new DelayLine(context.feed, (text) => this.wire.send(text));
    for (const name of path.names.slice(0, STREAMS_MAX)) this.subscribe(name);
  }

  send(text: string): void {
    if (this.open) this.line.put(text);
  }

  /** Unknown streams are taken and stay silent, as at Binance. */
  private subscribe(name: string): void {
    if (this.names.has(name)) return;
    const wanted = readStreamName(this.market, name);
    const prefix = this.combined ? envelope(name) : "";
    const account = wanted || this.market === "SPOT" ? undefined : this.context.accountOf(name);
    const wrap = (text: string): void => {
      if (!this.events || this.events.has(eventOf(text))) this.send(prefix === "" ? text : `${prefix}${text}}`);
    };
    const user = account === undefined ? undefined : { send: wrap };
    if (wanted) this.context.feeds.add(wanted, this, prefix);
    if (account !== undefined && user) this.context.users.add(account, "FUT", { listener: user, by: name });
    this.names.set(name, { wanted, user, prefix });
  }

  private unsubscribe(name: string): void {
    const heard = this.names.get(name);
    if (!heard) return;
    this.names.delete(name);
    const { wanted, user, prefix } = heard;
    const shared = [...this.names.values()].some(
      (each) => each.wanted?.topic === wanted?.topic && each.prefix === prefix,
    );
    if (wanted && !shared) this.context.feeds.remove(wanted, this, prefix);
    if (user) this.context.users.drop(user);
  }

  message(text: string): void {
    if (!this.open || this.isTooFast()) return;
    if (text.length > MESSAGE_CHARACTERS_MAX) {
      this.end(POLICY_VIOLATION, "Payload too long");
      return;
    }
    this.send(this.answer(text));
  }

  framed(): void {
    if (this.open) this.isTooFast();
  }

  private isTooFast(): boolean {
    const second = Math.floor(this.context.feed.clock.now() / 1000);
    this.messages = second === this.second ? this.messages + 1 : 1;
    this.second = second;
    if (this.messages <= this.context.messagesPerSecondMax) return false;
    this.end(POLICY_VIOLATION, "Too many requests");
    return true;
  }

  private answer(text: string): string {
    try {
      const control = readControl(text);
      return controlAnswer(this.run(control), control.id);
    } catch (error) {
      if (error instanceof ControlError) return controlRefusal(error);
      throw error;
    }
  }

  private run(control: Control): unknown {
    switch (control.method) {
      case "SUBSCRIBE":
        for (const name of this.namesIn(control)) this.subscribe(name);
        return null;
      case "UNSUBSCRIBE":
        for (const name of this.namesIn(control)) this.unsubscribe(name);
        return null;
      case "LIST_SUBSCRIPTIONS":
        return [...this.names.keys()];
      case "GET_PROPERTY":
        checkProperty(control);
        return this.combined;
      case "SET_PROPERTY":
        return this.setCombined(control);
    }
  }

  private namesIn({ method, params, id }: Control): string[] {
    if (params.length === 0) throw controlErrors.request("too few parameters", id);
    if (!params.every((name) => typeof name === "string")) {
      throw controlErrors.request("params must be an array of strings", id);
    }
    const names = params as string[];
    const fresh = names.filter((name) => !this.names.has(name)).length;
    if (method === "SUBSCRIBE" && this.names.size + fresh > STREAMS_MAX) {
      throw controlErrors.request(`at most ${STREAMS_MAX} streams a connection`, id);
    }
    return names;
  }

  private setCombined(control: Control): null {
    checkProperty(control);
    const [, combined] = control.params;
    if (typeof combined !== "boolean") throw controlErrors.notBoolean(control.id);
    if (combined === this.combined) return null;
    const names = [...this.names.keys()];
    for (const name of names) this.unsubscribe(name);
    this.combined = combined;
    for (const name of names) this.subscribe(name);
    return null;
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
    for (const name of [...this.names.keys()]) this.unsubscribe(name);
    this.line.stop();
    this.onClosed();
  }
}

function checkProperty({ params, id }: Control): void {
  const [property] = params;
  if (typeof property !== "string") throw controlErrors.request("property name must be a string", id);
  if (property !== "combined") throw controlErrors.property(id);
}
