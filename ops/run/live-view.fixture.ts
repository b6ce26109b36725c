/** A page that looks on while something happens: it hears of orders, and comes back wherever it is let go. */
import { type OrderResult, orderResults } from "../../shared/streams.ts";
import type { Running } from "./process.fixture.ts";

export interface Seen {
  /** How often it began to listen, the first time included. */
  begun: number;
  /** How often it was told that it has missed something. */
  resyncs: number;
  /** How often nobody was there, or hung up without a farewell; to be told to come again is neither. */
  cuts: number;
  /** Intents that it heard of. */
  intents: ReadonlySet<string>;
}

const AGAIN_MS = 50;

export class LiveView {
  private readonly running: Running;
  private readonly seen = { begun: 0, resyncs: 0, cuts: 0, intents: new Set<string>() };
  private readonly over = new AbortController();
  private readonly life: Promise<void>;
  private after = "";

  constructor(running: Running) {
    this.running = running;
    this.life = this.listen();
  }

  /** It has heard of so many intents, or was told that it has missed some. */
  hasHeardOf(intents: number): boolean {
    return this.seen.intents.size >= intents || this.seen.resyncs > 0;
  }

  async stop(): Promise<Seen> {
    this.over.abort();
    await this.life;
    return this.seen;
  }

  private async listen(): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      const isFarewell = await this.once().catch(() => false);
      if (!isFarewell && !signal.aborted) this.seen.cuts++;
      await Bun.sleep(AGAIN_MS);
    }
  }

  /** True where it was told that this is the end, or to come again. */
  private async once(): Promise<boolean> {
    const { running, after, seen, over } = this;
    const headers = { authorization: `Bearer ${running.token}`, ...(after !== "" && { "last-event-id": after }) };
    const url = `${running.gateway}api/v1/events?topics=${orderResults.family}`;
    const { ok, body } = await fetch(url, { headers, signal: over.signal });
    if (!ok || !body) return true;
    seen.begun++;
    const decoder = new TextDecoder();
    let [text, isFarewell] = ["", false];
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      const frames = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) isFarewell = this.take(frame) || isFarewell;
    }
    return isFarewell;
  }

  private take(frame: string): boolean {
    const fields = new Map(frame.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]));
    this.after = fields.get("id") ?? this.after;
    const what = fields.get("event");
    if (what === "resync") this.seen.resyncs++;
    if (what === orderResults.family) {
      const { event } = JSON.parse(fields.get("data") ?? "") as { event: OrderResult };
      this.seen.intents.add(event.intent.intent_id);
    }
    return what === "bye";
  }
}
