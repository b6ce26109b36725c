/** One market-data connection and what is subscribed on it. */
import type { Surroundings } from "../types.ts";
import { LiveSocket } from "./live-socket.ts";

/** Stream names in one SUBSCRIBE; Binance takes few messages a second, but long ones. */
const NAMES_PER_MESSAGE = 100;

export interface MarketSocketSpec {
  readonly name: string;
  /** Ends in `/stream`: frames come in envelopes that name their stream. */
  readonly url: string;
  frame(text: string): void;
  /** Frames begin anew: something may have been missed. */
  restarted(): void;
}

export class MarketSocket {
  private readonly around: Surroundings;
  private readonly spec: MarketSocketSpec;
  private readonly socket: LiveSocket;
  private wanted = new Set<string>();
  private messageId = 0;

  constructor(around: Surroundings, spec: MarketSocketSpec) {
    this.around = around;
    this.spec = spec;
    this.socket = new LiveSocket(around, {
      name: spec.name,
      url: () => spec.url,
      opened: (send, replaces) => {
        if (!replaces) spec.restarted();
        this.ask(send, "SUBSCRIBE", [...this.wanted]);
      },
      message: (text) => {
        if (isReply(text)) this.reply(text);
        else spec.frame(text);
      },
      down: () => spec.restarted(),
      probe: () => JSON.stringify({ method: "LIST_SUBSCRIPTIONS", id: ++this.messageId }),
    });
  }

  get up(): boolean {
    return this.socket.up;
  }

  /** Subscribes to exactly these streams; connects with the first and disconnects with the last. */
  want(names: readonly string[]): void {
    const before = this.wanted;
    this.wanted = new Set(names);
    if (names.length === 0) this.socket.stop();
    else if (this.socket.up) this.change(before);
    else this.socket.start();
  }

  stop(): void {
    this.socket.stop();
  }

  private change(before: ReadonlySet<string>): void {
    const send = (text: string) => this.socket.send(text);
    this.ask(
      send,
      "UNSUBSCRIBE",
      [...before].filter((name) => !this.wanted.has(name)),
    );
    this.ask(
      send,
      "SUBSCRIBE",
      [...this.wanted].filter((name) => !before.has(name)),
    );
  }

  private ask(send: (text: string) => void, method: "SUBSCRIBE" | "UNSUBSCRIBE", names: string[]): void {
    for (let from = 0; from < names.length; from += NAMES_PER_MESSAGE) {
      send(JSON.stringify({ method, params: names.slice(from, from + NAMES_PER_MESSAGE), id: ++this.messageId }));
    }
  }

  /** `serverShutdown` and refusals come as replies too; both mean that this connection is not what was asked for. */
  private reply(text: string): void {
    if (!text.includes('"error"') && !text.includes('"code"')) return;
    this.around.log.warn("Subscription refused", { socket: this.spec.name, reply: text.slice(0, 200) });
    this.around.raise("ERROR", "SUBSCRIPTION_REFUSED", `${this.spec.name} refused a subscription`);
  }
}

/** Replies start with their result, error or id; frames with `stream` or, unwrapped, with their event. */
const isReply = (text: string): boolean =>
  !text.startsWith('{"stream"') &&
  (text.startsWith('{"result"') ||
    text.startsWith('{"id"') ||
    text.startsWith('{"error"') ||
    text.startsWith('{"code"'));
