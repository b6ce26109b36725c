/** A journal in memory, for worlds whose processes die without their machine. */
import type { Journal } from "../kit/ports.ts";

export class MemoryJournal implements Journal {
  #lines: string[] = [];

  async read(): Promise<string[]> {
    return [...this.#lines];
  }
  async append(line: string): Promise<void> {
    this.#lines.push(line);
  }
  async clear(): Promise<void> {
    this.#lines = [];
  }
  async close(): Promise<void> {}
}
