/** Follows the numbers of a stream's entries, which have no gaps: what is missing was lost, or taken out behind us. */

export interface Mark {
  readonly next: number | undefined;
  readonly turn: number;
}

export class Sequence {
  #next: number | undefined;
  /** What the server said at the last renewal comes next, when that was beyond what was read. */
  #ahead: number | undefined;
  /** How often it was begun anew. */
  #turn = 0;

  /** To be read next; undefined where that is not known. */
  get next(): number | undefined {
    return this.#next;
  }

  /** Taken before the server is asked, since more may be read until its answer is here. */
  mark(): Mark {
    return { next: this.#next, turn: this.#turn };
  }

  /** Another reads meanwhile. */
  forget(): void {
    this.#next = undefined;
    this.#ahead = undefined;
    this.#turn++;
  }

  /** From here, whatever was before. */
  begin(next: number): void {
    this.#next = next;
    this.#ahead = undefined;
    this.#turn++;
  }

  /** An entry was read; answers how many are missing, or by how many the numbers have gone back. */
  read(seq: number): number {
    if (seq === 0) return 0;
    const missing = this.#jump(seq);
    this.#next = seq + 1;
    return missing;
  }

  /** All that was handed out is here and ends before `read`; what the server says comes next is not beyond that. */
  took(read: number, says: { next: number; asked: Mark }): number {
    this.#next = Math.max(this.#next ?? 0, read);
    if (says.next > this.#next) return this.#jump(says.next);
    return this.renewed(says);
  }

  /**
   * What the server said comes next, and what was to come next when it was `asked`. Less: it has forgotten. More, and
   * so at the renewal before too: that is gone, since no answer with it is on its way for so long.
   */
  renewed(says: { next: number; asked: Mark }): number {
    const now = this.#next;
    const ahead = this.#ahead;
    this.#ahead = now !== undefined && says.next > now ? says.next : undefined;
    const { next = 0, turn } = says.asked;
    if (turn === this.#turn && says.next < next) return this.#jump(says.next);
    return now !== undefined && ahead !== undefined && ahead > now ? this.#jump(ahead) : 0;
  }

  get isSure(): boolean {
    return this.#ahead === undefined;
  }

  #jump(seq: number): number {
    const missing = Math.abs(seq - (this.#next ?? seq));
    this.#next = seq;
    return missing;
  }
}
