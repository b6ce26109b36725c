/** A mirror that asks the place of the backups for what its own disk has lost: at a promotion, each piece counts. */
import { FolderBlobs } from "../../shared/adapters/files.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { Target } from "../backup/target.ts";
import { Damaged, type Vault } from "../backup/vault.ts";
import type { StandbyFolder } from "./standby-folder.ts";

export class HealedMirror extends Target {
  readonly #from: Pick<Target, "piece">;

  constructor(folder: StandbyFolder, from: Pick<Target, "piece">, by: { vault: Vault; clock: Pick<Clock, "now"> }) {
    super(new FolderBlobs(folder.mirror), by.vault, by.clock);
    this.#from = from;
  }

  /** Throws what the mirror's own answer was where the other place has none either. */
  override async piece(name: string): Promise<Uint8Array> {
    try {
      return await super.piece(name);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      const plain = await this.#from.piece(name).catch(() => undefined);
      if (plain === undefined) throw error;
      return plain;
    }
  }
}
