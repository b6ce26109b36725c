/** Writes an owner's shard: commits wait in a queue and go in groups, each group one stream transaction. */
import { Problem } from "../../errors.ts";
import type { ServiceId } from "../../kit/ports.ts";
import { Draft, type Known, type Step, wantedBy } from "./draft.ts";
import { Fault, problemOf } from "./faults.ts";
import { fenced, type Head, readHead } from "./head.ts";
import type { Server } from "./server.ts";
import { forgetting, readingKnown, removing, writing, writtenBy } from "./statements.ts";

const GROUP_MAX = 200;
/** Characters of JSON in a group; a single commit may have more. A transaction holds 128 MB at most. */
const GROUP_SIZE_MAX = 4_000_000;
/** How often what certainly did not take effect is done anew before its callers are told. */
const TRIES_MAX = 3;
/** How long a lost answer is asked after before the callers are told that it is not known. */
const RESOLVE_MS_MAX = 15_000;
const RESOLVE_PAUSE_MS = 50;

interface Waiting {
  steps: readonly Step[];
  size: number;
  sync: boolean;
  done(): void;
  failed(error: unknown): void;
}

/** A group whose commit was not answered: what would have to be in the head if it took effect. */
interface Unanswered {
  transaction: string;
  head: Head;
}

/** Ends the transaction one way or the other, and says what the server says of it: `done` from when it begins with it. */
type End = (transaction: string) => Promise<"done" | "undone">;

/** Of one that is to be aborted: it was committed before, or that goes on. */
const COMMITTED_ALREADY = 1_653;

export interface WriterOptions {
  server: Server;
  owner: ServiceId;
  head: Head;
  /** How long to ask after a lost answer, ms. */
  resolveMs?: number | undefined;
}

export class Writer {
  readonly #server: Server;
  readonly #owner: ServiceId;
  readonly #resolveMs: number;
  readonly #queue: Waiting[] = [];
  #head: Head;
  #running: Promise<void> | undefined;
  #unanswered: Unanswered | undefined;
  /** Transactions that may still hold locks, since ending them was not answered. */
  #leftover: string[] = [];

  constructor({ server, owner, head, resolveMs }: WriterOptions) {
    this.#server = server;
    this.#owner = owner;
    this.#head = head;
    this.#resolveMs = resolveMs ?? RESOLVE_MS_MAX;
  }

  get head(): Head {
    return this.#head;
  }

  /** After somebody else's work on the shard, that it was put on hold for. */
  set head(head: Head) {
    this.#head = head;
  }

  /** Resolves when it took effect. Throws Problem CONFLICT, FENCED or UNAVAILABLE. */
  write(steps: readonly Step[], options: { size?: number; sync?: boolean } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const { size = 0, sync = false } = options;
      this.#queue.push({ steps, size, sync, done: resolve, failed: reject });
      this.#run();
    });
  }

  /** Deletes what was told, some at a time; answers how many. */
  async forget(upTo: number, limit: number): Promise<number> {
    await this.write([]);
    const shard = Number(this.#head._key);
    const range = { shard, upTo: Math.min(this.#head.told, upTo), limit };
    try {
      return (await this.#server.query(forgetting(this.#owner, range))).length;
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Throws Problem FENCED when a newer holder has opened the shard. */
  async mustBeNewest(): Promise<void> {
    try {
      this.#check(await readHead(this.#server, this.#owner, Number(this.#head._key)));
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #run(): void {
    if (this.#running || this.#queue.length === 0) return;
    this.#running = this.#next().finally(() => {
      this.#running = undefined;
      this.#run();
    });
  }

  async #next(): Promise<void> {
    const group = this.#take();
    try {
      if (this.#unanswered) await this.#settle(this.#unanswered);
      await this.#endLeftovers();
      await this.#write(group);
    } catch (error) {
      const problem = problemOf(error);
      for (const each of group) each.failed(problem);
    }
  }

  #take(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const each of this.#queue) {
      size += each.size;
      if (count > 0 && (count >= GROUP_MAX || size > GROUP_SIZE_MAX)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Tells each of the group what became of it; throws what became of all. */
  async #write(group: readonly Waiting[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const { taken, refused } = await this.#attempt(group);
        for (const each of taken) each.done();
        for (const [each, problem] of refused) each.failed(problem);
        return;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        if (group.length > 1 && (error.kind === "large" || error.kind === "bug")) return this.#oneByOne(group);
        const isGone = error.kind === "conflict" || error.kind === "absent";
        if (!isGone || tries >= TRIES_MAX) throw error;
        // Certainly not done. Either somebody else has the shard, or what was waited for is over by now.
        await this.readAgain();
      }
    }
  }

  async #oneByOne(group: readonly Waiting[]): Promise<void> {
    for (const each of group) await this.#write([each]).catch((error) => each.failed(problemOf(error)));
  }

  /** Throws Fault: `conflict` or `absent` when certainly nothing took effect and trying again makes sense. */
  async #attempt(group: readonly Waiting[]): Promise<{ taken: Waiting[]; refused: [Waiting, unknown][] }> {
    const known = await this.#read(group);
    const draft = new Draft(this.#head, known);
    const taken: Waiting[] = [];
    const refused: [Waiting, unknown][] = [];
    for (const each of group) {
      try {
        draft.add(each.steps);
        taken.push(each);
      } catch (error) {
        refused.push([each, error]);
      }
    }
    // A commit of nothing still asks whether the shard is ours: by replacing the head.
    if (taken.length > 0)
      this.#head = await this.#transact(
        draft,
        taken.some((each) => each.sync),
      );
    return { taken, refused };
  }

  async #read(group: readonly Waiting[]): Promise<Known> {
    const wanted = wantedBy(group.map((each) => each.steps));
    const revs = new Map<string, string | null>();
    const done = new Set<string>();
    if (wanted.documents.size + wanted.done.size === 0) return { revs, done };
    // Nobody but us writes these; should somebody, the head is not ours any more, and the transaction fails.
    const rows = await this.#server.read<[string | null, string, string]>(readingKnown(this.#owner, wanted));
    for (const [collection, key, rev] of rows) {
      if (collection === null) done.add(key);
      else revs.set(`${collection}/${key}`, rev);
    }
    return { revs, done };
  }

  async #transact(draft: Draft, sync: boolean): Promise<Head> {
    const transaction = await this.#server.begin({ write: writtenBy(this.#owner, draft), sync });
    const head = await this.#statements(draft, transaction);
    try {
      await this.#server.commit(transaction);
    } catch {
      this.#unanswered = { transaction, head };
      await this.#resolve(this.#unanswered, (again) => this.#server.commit(again).then(() => "done"));
    }
    return head;
  }

  async #statements(draft: Draft, transaction: string): Promise<Head> {
    try {
      const removal = removing(this.#owner, draft);
      if (removal) await this.#server.query(removal, { transaction });
      const [rev] = await this.#server.query<string>(writing(this.#owner, draft), { transaction });
      return { ...draft.head, _rev: rev! };
    } catch (error) {
      await this.#server.abort(transaction).catch(() => this.#leftover.push(transaction));
      throw error;
    }
  }

  async #endLeftovers(): Promise<void> {
    for (const transaction of this.#leftover.splice(0)) {
      await this.#server.abort(transaction).catch((error) => {
        if (error instanceof Fault && error.kind !== "absent" && error.kind !== "bug") this.#leftover.push(transaction);
      });
    }
  }

  /** Before anything else is written: its callers were told that nobody knows, so what is not done by now is ended. */
  async #settle(unanswered: Unanswered): Promise<void> {
    try {
      await this.#resolve(unanswered, (transaction) => this.#abort(transaction));
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== "absent") throw error;
      await this.readAgain();
    }
  }

  async #abort(transaction: string): Promise<"done" | "undone"> {
    try {
      await this.#server.abort(transaction);
      return "undone";
    } catch (error) {
      if (error instanceof Fault && error.number === COMMITTED_ALREADY) return "done";
      throw error;
    }
  }

  /**
   * What became of a commit that was not answered. `end` asks for it again, which is allowed, since committing and
   * aborting are idempotent. It took effect when the head says so, and not before: the server calls a transaction
   * committed from when its commit begins, and aborted should that fail. Where it knows no such transaction any more,
   * or has ended it otherwise, the head says so too. Returns when it took effect, with the head brought up to date;
   * throws Fault `absent` when it did not, and Problem UNAVAILABLE while nobody knows.
   */
  async #resolve(unanswered: Unanswered, end: End): Promise<void> {
    const deadline = Date.now() + this.#resolveMs;
    for (let pause = RESOLVE_PAUSE_MS; ; pause *= 2) {
      const outcome = await this.#outcome(unanswered, end);
      if (outcome !== "unknown") this.#unanswered = undefined;
      if (outcome === "done") {
        this.#head = unanswered.head;
        return;
      }
      if (outcome === "undone") throw new Fault("absent", 0, "the transaction was given up");
      if (Date.now() + pause > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    throw new Problem("UNAVAILABLE", "The store did not say whether it took effect; it is asked again.", {
      retryAfterMs: 1_000,
    });
  }

  async #outcome({ transaction, head }: Unanswered, end: End): Promise<"done" | "undone" | "unknown"> {
    let isSaidToBeDone = false;
    try {
      if ((await end(transaction)) === "undone") return "undone";
      isSaidToBeDone = true;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === "unknown" || error.kind === "busy") return "unknown";
    }
    try {
      const stored = await readHead(this.#server, this.#owner, Number(head._key));
      if (stored?._rev === head._rev) return "done";
      this.#check(stored);
      return isSaidToBeDone ? "unknown" : "undone";
    } catch (error) {
      if (error instanceof Problem) throw error;
      return "unknown";
    }
  }

  /** Throws Problem FENCED when a newer holder has opened the shard, or commits of ours are not there any more. */
  async readAgain(): Promise<void> {
    const stored = await readHead(this.#server, this.#owner, Number(this.#head._key));
    this.#check(stored);
    this.#head = stored!;
  }

  #check(stored: Head | undefined): void {
    if (stored?.fence !== this.#head.fence) fenced(this.#owner, stored?.fence, this.#head.fence);
    if (stored.group >= this.#head.group) return;
    // Restored, or lost with the server's power: what we remember is not so any more, and our numbers would come back.
    throw new Problem(
      "FENCED",
      `${this.#owner}'s store has lost commits that took effect: whoever holds it starts anew.`,
    );
  }
}
