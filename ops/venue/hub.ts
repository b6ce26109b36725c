/** Who hears what: topics with their subscribers, so that a frame is wrapped once for each envelope and sent on. */
export interface Listener {
  send(text: string): void;
}

/** One topic in one envelope. */
interface Group {
  /** `{"stream":"btcusdt@depth","data":` or nothing for raw frames. */
  readonly prefix: string;
  readonly listeners: Set<Listener>;
}

export const envelope = (name: string): string => `{"stream":${JSON.stringify(name)},"data":`;

export class Hub {
  private readonly topics = new Map<string, Map<string, Group>>();

  /** True: the topic's first. */
  add(topic: string, listener: Listener, prefix: string): boolean {
    const known = this.topics.get(topic);
    const groups = known ?? new Map<string, Group>();
    if (!known) this.topics.set(topic, groups);
    const group = groups.get(prefix) ?? { prefix, listeners: new Set() };
    groups.set(prefix, group);
    group.listeners.add(listener);
    return known === undefined;
  }

  /** True: it was the topic's last. */
  remove(topic: string, listener: Listener, prefix: string): boolean {
    const groups = this.topics.get(topic);
    const group = groups?.get(prefix);
    if (!groups || !group) return false;
    group.listeners.delete(listener);
    if (group.listeners.size === 0) groups.delete(prefix);
    if (groups.size > 0) return false;
    this.topics.delete(topic);
    return true;
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  publish(topic: string, raw: string): void {
    const groups = this.topics.get(topic);
    if (!groups) return;
    for (const { prefix, listeners } of groups.values()) {
      const text = prefix === "" ? raw : `${prefix}${raw}}`;
      for (const listener of listeners) listener.send(text);
    }
  }
}
