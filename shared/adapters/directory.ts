/** Who is there, in the memory of the one process that all members are in. */
import { assert } from "../errors.ts";
import type { Clock, Directory } from "../kit/ports.ts";

export class MemoryDirectory implements Directory {
  readonly #clock: Pick<Clock, "now">;
  readonly #groups = new Map<string, Map<string, { about: string; until: number }>>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  async announce(group: string, member: string, about: string, ttlMs: number): Promise<void> {
    const until = this.#clock.now() + ttlMs;
    assert(ttlMs > 0 && Number.isFinite(ttlMs), "an announcement lasts longer than zero");
    const present = this.#present(group);
    present.set(member, { about, until });
    this.#groups.set(group, present);
  }

  async members(group: string): Promise<{ member: string; about: string }[]> {
    return [...this.#present(group)]
      .map(([member, { about }]) => ({ member, about }))
      .toSorted((a, b) => (a.member < b.member ? -1 : 1));
  }

  async leave(group: string, member: string): Promise<void> {
    this.#present(group).delete(member);
  }

  /** Without those whose time has passed. */
  #present(group: string): Map<string, { about: string; until: number }> {
    const members = this.#groups.get(group) ?? new Map<string, { about: string; until: number }>();
    const now = this.#clock.now();
    for (const [member, { until }] of members) if (until <= now) members.delete(member);
    return members;
  }
}
