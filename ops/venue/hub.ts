/** Who hears what: topics with their subscribers, so that a frame is wrapped once for each envelope and sent on. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { aggregateTrade, type Wanted } from "./binance/stream-names.ts";
import type { FrameStream } from "./market.ts";

export interface Listener {
  send(text: string): void;
}

/** One topic in one envelope. */
interface Group {
  /** `{"stream":"btcusdt@depth","data":` or nothing for raw frames. */
  readonly prefix: string;
  readonly listeners: Set<Listener>;
}

interface Topic {
  readonly plain: Map<string, Group>;
  readonly aggregated: Map<string, Group>;
}

export const envelope = (name: string): string => `{"stream":${JSON.stringify(name)},"data":`;

export class Hub {
  private readonly topics = new Map<string, Topic>();

  add(wanted: Wanted, listener: Listener, prefix: string): void {
    const key = `${wanted.instrument}|${wanted.stream}`;
    let topic = this.topics.get(key);
    if (!topic) {
      topic = { plain: new Map(), aggregated: new Map() };
      this.topics.set(key, topic);
    }
    const groups = wanted.aggregate ? topic.aggregated : topic.plain;
    const group = groups.get(prefix) ?? { prefix, listeners: new Set() };
    groups.set(prefix, group);
    group.listeners.add(listener);
  }

  remove(wanted: Wanted, listener: Listener, prefix: string): void {
    const key = `${wanted.instrument}|${wanted.stream}`;
    const topic = this.topics.get(key);
    const groups = wanted.aggregate ? topic?.aggregated : topic?.plain;
    const group = groups?.get(prefix);
    if (!topic || !groups || !group) return;
    group.listeners.delete(listener);
    if (group.listeners.size === 0) groups.delete(prefix);
    if (topic.plain.size === 0 && topic.aggregated.size === 0) this.topics.delete(key);
  }

  wants(instrument: InstrumentId, stream: FrameStream): boolean {
    return this.topics.has(`${instrument}|${stream}`);
  }

  publish(instrument: InstrumentId, stream: FrameStream, raw: string): void {
    const topic = this.topics.get(`${instrument}|${stream}`);
    if (!topic) return;
    send(topic.plain, raw);
    if (topic.aggregated.size > 0) send(topic.aggregated, aggregateTrade(raw));
  }
}

function send(groups: ReadonlyMap<string, Group>, raw: string): void {
  for (const { prefix, listeners } of groups.values()) {
    const text = prefix === "" ? raw : `${prefix}${raw}}`;
    for (const listener of listeners) listener.send(text);
  }
}
