/** Who listens to which account's events. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Listener } from "./hub.ts";

export class UserStreams {
  private readonly listeners = new Map<string, Set<Listener>>();

  add(account: string, market: Market, listener: Listener): void {
    const key = `${account}|${market}`;
    const group = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, group);
    group.add(listener);
  }

  drop(listener: Listener): void {
    for (const [key, group] of this.listeners) {
      if (group.delete(listener) && group.size === 0) this.listeners.delete(key);
    }
  }

  heard(account: string, market: Market): boolean {
    return this.listeners.has(`${account}|${market}`);
  }

  tell(account: string, market: Market, text: string): void {
    for (const listener of this.listeners.get(`${account}|${market}`) ?? []) listener.send(text);
  }

  /** Its listeners hear nothing more: their key has run out or was closed. */
  end(account: string, market: Market): void {
    this.listeners.delete(`${account}|${market}`);
  }
}
