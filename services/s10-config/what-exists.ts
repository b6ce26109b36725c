/** What there is for a bundle to name: listed instruments, registered models, programs on record. */
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { models } from "../../shared/collections/models.ts";
import { programs } from "../../shared/collections/programs.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { readAll } from "../../shared/read-all.ts";
import type { Known } from "./lint.ts";

/** All of it: an exchange lists thousands. Before any instrument was listed none is checked. */
export async function whatExists(store: Pick<Store, "query">): Promise<Known> {
  const [listed, cards, written] = await Promise.all([
    readAll(store, instrumentRegistry, ["instrument", {}]),
    readAll(store, models, ["created_at", {}]),
    readAll(store, programs, ["created_at", {}]),
  ]);
  return {
    ...(listed.length > 0 && { instruments: listed.map(({ instrument }) => instrument) }),
    models: cards,
    programs: written,
  };
}
