/** Whether the position manager is there: without it for ten seconds nobody would look after a new trade. */
import { POSITION_ALIVE, positionMarks } from "../../shared/collections/trades.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";

const AWAY_MS = 10_000;

export class PositionWatch {
  private readonly store: Pick<Store, "get">;
  private readonly clock: Pick<Clock, "now">;
  /** Epoch ms at which it last said so; undefined where it never has. */
  private seenAt: number | undefined;

  constructor(store: Pick<Store, "get">, clock: Pick<Clock, "now">) {
    this.store = store;
    this.clock = clock;
  }

  /** Throws where its store cannot be read: what was seen before then grows old. */
  async read(): Promise<void> {
    this.seenAt = (await this.store.get(positionMarks, POSITION_ALIVE))?.value.ts;
  }

  /** Why no trade should begin; nothing: it is there. */
  away(): string | undefined {
    const silentMs = this.seenAt === undefined ? 0 : this.clock.now() - this.seenAt;
    return silentMs > AWAY_MS ? `the position manager is away for ${Math.round(silentMs / 1_000)} s` : undefined;
  }
}
