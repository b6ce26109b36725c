/** Who listens to which account's events, and by what: a listen key on futures, an API key on spot. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Listener } from "./hub.ts";

export class UserStreams {
  /** By `account|market`, each with what it listens by. */
  private readonly groups = new Map<string, Map<Listener, string>>();

  add(account: string, market: Market, { listener, by }: { listener: Listener; by: string }): void {
    const key = `${account}|${market}`;
    const group = this.groups.get(key) ?? new Map();
    this.groups.set(key, group);
    group.set(listener, by);
  }

  drop(listener: Listener): void {
    for (const [key, group] of this.groups) {
      if (group.delete(listener) && group.size === 0) this.groups.delete(key);
    }
  }

  heard(account: string, market: Market): boolean {
    return this.groups.has(`${account}|${market}`);
  }

  tell(account: string, market: Market, text: string): void {
    for (const listener of this.groups.get(`${account}|${market}`)?.keys() ?? []) listener.send(text);
  }

  /** Who listens by this hears nothing more, `last` aside: it has run out, was closed or switched off. */
  end(by: string, last?: string): void {
    const ended = [...this.groups.values()].flatMap((group) => [...group]).filter(([, how]) => how === by);
    for (const [listener] of ended) {
      if (last !== undefined) listener.send(last);
      this.drop(listener);
    }
  }
}
