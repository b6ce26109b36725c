/** Where backups lie: sealed pieces, each once, and the manifests that name them; in a folder or a bucket. */
import { systemRandom } from "../../shared/adapters/random.ts";
import { refuse } from "../../shared/errors.ts";
import type { Blobs, Clock } from "../../shared/kit/ports.ts";
import { MANIFESTS, type Manifest, openManifest, placeOfManifest, sealManifest } from "./manifest.ts";
import { Damaged, type Vault } from "./vault.ts";

const PIECES = "pieces/";
const MARKS = "running/";
const PAGE = 1_000;
/** A run that died leaves its mark: from then on it is not believed. */
const MARK_MS = 15 * 60_000;
const RENEW_MS = 60_000;
const MARK_LETTERS = 4;

const placeOfNote = (name: string): string => `notes/${name}`;
const placeOf = (name: string): string => `${PIECES}${name.slice(0, 2)}/${name}`;

/** What a place for backups is asked. */
export type Room = Pick<Blobs, "put" | "get" | "list" | "delete">;

export class Target {
  readonly #blobs: Room;
  readonly #vault: Vault;
  readonly #clock: Pick<Clock, "now">;
  #known: Map<string, number> | undefined;
  #stopped: string | undefined;
  #running: { mark: string; renewedAt: number } | undefined;

  constructor(blobs: Room, vault: Vault, clock: Pick<Clock, "now">) {
    this.#blobs = blobs;
    this.#vault = vault;
    this.#clock = clock;
  }

  /** Keeps a piece, unless it is there. `added`: as many bytes as it takes there; 0 when it was there. */
  async keep(plain: Uint8Array): Promise<{ name: string; added: number }> {
    await this.#stillAlone();
    const known = await this.pieces();
    const name = this.#vault.nameOf(plain);
    if (known.has(name)) return { name, added: 0 };
    const place = placeOf(name);
    const sealed = this.#vault.seal(place, plain);
    await this.#blobs.put(place, sealed);
    known.set(name, sealed.length);
    return { name, added: sealed.length };
  }

  /** Throws Damaged for a piece that is missing or is not what it was. */
  async piece(name: string): Promise<Uint8Array> {
    const place = placeOf(name);
    const sealed = await this.#blobs.get(place);
    if (!sealed) throw new Damaged(`${place} is missing.`);
    const plain = this.#vault.open(place, sealed);
    if (this.#vault.nameOf(plain) !== name) throw new Damaged(`${place} holds something else.`);
    return plain;
  }

  /** Bytes by name of all that lie there, as they were when it was first asked. */
  async pieces(): Promise<Map<string, number>> {
    this.#known ??= await this.listed();
    return this.#known;
  }

  /** As they are now. */
  async listed(): Promise<Map<string, number>> {
    const found = await this.#list(PIECES);
    return new Map(found.map(({ key, bytes }) => [key.slice(key.lastIndexOf("/") + 1), bytes]));
  }

  /** The last thing that a backup does: before it, there is none. */
  write(manifest: Manifest): Promise<void> {
    return this.#blobs.put(placeOfManifest(manifest.id), sealManifest(this.#vault, manifest));
  }

  /** A word that lies beside the backups; undefined where there is none. */
  async note(name: string): Promise<string | undefined> {
    const place = placeOfNote(name);
    const sealed = await this.#blobs.get(place);
    return sealed && Buffer.from(this.#vault.open(place, sealed)).toString();
  }

  async keepNote(name: string, text: string): Promise<void> {
    const place = placeOfNote(name);
    await this.#blobs.put(place, this.#vault.seal(place, Buffer.from(text)));
  }

  /** Oldest first. */
  async ids(): Promise<string[]> {
    return (await this.#list(MANIFESTS)).map(({ key }) => key.slice(MANIFESTS.length)).toSorted();
  }

  /** Throws Damaged for one that does not open, Problem NOT_FOUND where there is none. */
  async manifest(id: string): Promise<Manifest> {
    const sealed = await this.#blobs.get(placeOfManifest(id));
    if (!sealed) refuse("NOT_FOUND", `There is no backup ${id}.`);
    return openManifest(this.#vault, id, sealed);
  }

  async remove(id: string): Promise<void> {
    await this.#blobs.delete(placeOfManifest(id));
  }

  async drop(name: string): Promise<void> {
    await this.#stillAlone();
    await this.#blobs.delete(placeOf(name));
    this.#known?.delete(name);
  }

  /**
   * Says that something runs, so that nothing is collected which a backup that is under way has counted on, and no
   * backup begins in the middle of a collection: each says so first and then looks who else does. It goes on saying so
   * while pieces are kept or dropped. Throws Problem STILL_RUNNING where another runs.
   */
  async alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    const mark = `${MARKS}${what}-${Buffer.from(systemRandom().bytes(MARK_LETTERS)).toString("hex")}`;
    this.#running = { mark, renewedAt: this.#clock.now() };
    await this.#mark(mark);
    try {
      const marks = await this.#list(MARKS);
      // By the clock of the place itself: those of the machines that come there may differ.
      const at = marks.find(({ key }) => key === mark)?.modified_at ?? this.#clock.now();
      const others = marks.filter(({ key, modified_at }) => key !== mark && Math.abs(at - modified_at) < MARK_MS);
      const other = others[0]?.key.slice(MARKS.length);
      if (other !== undefined) {
        const words = "If it was killed, a quarter of an hour later it is not believed any more.";
        refuse("STILL_RUNNING", `${other} is under way at the same place. ${words}`);
      }
      return await work();
    } finally {
      this.#running = undefined;
      // Left behind it is not believed for long, and what the work came to counts more.
      await this.#blobs.delete(mark).catch(() => {});
    }
  }

  /** What runs here ends before its next piece, and takes its mark away: the next run need not wait. */
  stop(why: string): void {
    this.#stopped = why;
  }

  /** Throws Problem STILL_RUNNING where the mark has become too old meanwhile: another may have begun. */
  async #stillAlone(): Promise<void> {
    if (!this.#running) return;
    if (this.#stopped !== undefined) throw new Error(this.#stopped);
    const { mark, renewedAt } = this.#running;
    const now = this.#clock.now();
    const age = Math.abs(now - renewedAt);
    if (age < RENEW_MS) return;
    if (age >= MARK_MS)
      refuse("STILL_RUNNING", "It stood still for so long that another may have begun: run it again.");
    await this.#mark(mark);
    this.#running.renewedAt = now;
  }

  #mark(mark: string): Promise<void> {
    return this.#blobs.put(mark, Buffer.from(String(this.#clock.now())));
  }

  async #list(prefix: string) {
    const found = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#blobs.list(prefix, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
      found.push(...page.items);
      cursor = page.next_cursor;
      if (cursor === undefined) return found;
    }
  }
}
