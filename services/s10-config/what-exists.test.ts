/** What there is for a bundle to name, on a real store: all of it, however much an exchange lists. */
import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { models } from "../../shared/collections/models.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { whatExists } from "./what-exists.ts";

test("more instruments than a page, as Binance lists them, and models that are not among the newest", async () => {
  const open = (owner: ServiceId) => openStore({ path: ":memory:", owner, collections: COLLECTIONS });
  const [exchange, trained] = [open("s01"), open("s09")];
  const others = (owner: ServiceId) => (owner === "s01" ? exchange : owner === "s09" ? trained : open(owner));
  const store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS, others });
  expect(await whatExists(store)).toEqual({ models: [], programs: [] });
  const names = Array.from({ length: 2_500 }, (_, i) => `${i % 2 === 0 ? "FUT" : "SPOT"}:A${i}USDT`);
  await exchange.commit(names.map((instrument) => put(instrumentRegistry, { instrument } as never)));
  const cards = Array.from({ length: 1_100 }, (_, i) => ({ model_id: `m${i}`, hash: `h${i}`, created_at: i }));
  await trained.commit(cards.map((card) => put(models, card as never)));
  const found = await whatExists(store);
  expect(new Set(found.instruments)).toEqual(new Set(names));
  expect(found.models).toHaveLength(1_100);
});
