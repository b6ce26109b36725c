/** A session on a WebSocket API path: endpoints as methods, and on spot the account's events. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Keys } from "./binance/request.ts";
import { ROUTES } from "./binance/routes.ts";
import {
  malformed,
  readWsRequest,
  signedWs,
  unknownMethod,
  WS_METHODS,
  type WsRequest,
  wsAnswer,
  wsError,
} from "./binance/ws-api.ts";
import { DelayLine, type Delays } from "./delay-line.ts";
import type { Rest } from "./rest.ts";
import type { SessionSide, UserStreams, Wire } from "./sessions.ts";

export interface ApiContext {
  readonly rest: Rest;
  readonly keys: Keys;
  readonly users: UserStreams;
  readonly incoming: Delays;
  readonly outgoing: Delays;
  onClosed(session: SessionSide): void;
}

const MESSAGE_CHARACTERS_MAX = 64 * 1024;

export class ApiSession implements SessionSide {
  private readonly context: ApiContext;
  private readonly market: Market;
  private readonly wire: Wire;
  private readonly incoming: DelayLine<string>;
  private readonly outgoing: DelayLine<string>;
  private subscriptions = 0;
  private open = true;

  constructor(context: ApiContext, market: Market, wire: Wire) {
    this.context = context;
    this.market = market;
    this.wire = wire;
    this.incoming = new DelayLine(context.incoming, (text) => this.take(text));
    this.outgoing = new DelayLine(context.outgoing, (text) => this.wire.send(text));
  }

  send(text: string): void {
    if (this.open) this.outgoing.put(text);
  }

  message(text: string): void {
    if (!this.open) return;
    if (text.length > MESSAGE_CHARACTERS_MAX) this.end(1008, "Payload too long");
    else this.incoming.put(text);
  }

  private take(text: string): void {
    const request = readWsRequest(text);
    if (!request) {
      this.send(wsError(null, malformed()));
      return;
    }
    const holds = { ms: 0 };
    let answer: string;
    try {
      answer = wsAnswer(request.id, this.run(request, holds));
    } catch (error) {
      answer = wsError(request.id, this.context.rest.asBinanceError(error, this.market));
    }
    if (holds.ms > 0) this.context.incoming.clock.after(holds.ms, () => this.send(answer));
    else this.send(answer);
  }

  private run(request: WsRequest, holds: { ms: number }): unknown {
    const now = Math.floor(this.context.incoming.clock.now());
    if (this.market === "SPOT" && request.method === "userDataStream.subscribe.signature") {
      return this.subscribe(signedWs(this.context.keys, request, now).account);
    }
    if (this.market === "SPOT" && request.method === "userDataStream.unsubscribe") {
      this.context.users.drop(this);
      return {};
    }
    const name = WS_METHODS[this.market][request.method];
    const route = name === undefined ? undefined : ROUTES[name];
    if (name === undefined || !route) throw unknownMethod();
    const account = route.security === "public" ? "" : signedWs(this.context.keys, request, now).account;
    return this.context.rest.call(name, { params: request.params, account, now }, holds);
  }

  private subscribe(account: string): { subscriptionId: number } {
    const subscriptionId = this.subscriptions++;
    this.context.users.add(account, "SPOT", this, (text) => `{"subscriptionId":${subscriptionId},"event":${text}}`);
    return { subscriptionId };
  }

  end(code: number, reason: string): void {
    if (!this.open) return;
    this.closed();
    this.wire.close(code, reason);
  }

  closed(): void {
    if (!this.open) return;
    this.open = false;
    this.context.users.drop(this);
    this.incoming.stop();
    this.outgoing.stop();
    this.context.onClosed(this);
  }
}
