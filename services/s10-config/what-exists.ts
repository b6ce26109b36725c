/** What there is for a bundle to name: listed instruments, registered models, programs on record. */
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { models } from "../../shared/collections/models.ts";
import { programs } from "../../shared/collections/programs.ts";
import type { Store } from "../../shared/kit/ports.ts";
import type { Known } from "./lint.ts";

const INSTRUMENTS_MAX = 1_000;
const NAMED_MAX = 1_000;

/** Before any instrument was listed none is checked. */
export async function whatExists(store: Pick<Store, "query">): Promise<Known> {
  const newest = { sort: { field: "created_at", order: "desc" }, limit: NAMED_MAX } as const;
  const [listed, cards, written] = await Promise.all([
    store.query(instrumentRegistry, { limit: INSTRUMENTS_MAX }),
    store.query(models, newest),
    store.query(programs, newest),
  ]);
  const valuesOf = <T>({ items }: { items: readonly { value: T }[] }) => items.map(({ value }) => value);
  return {
    ...(listed.items.length > 0 && { instruments: listed.items.map(({ key }) => key) }),
    models: valuesOf(cards),
    programs: valuesOf(written),
  };
}
