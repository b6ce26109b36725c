/** Keeps the list of factors in the store as the active revision changes: what each is, and which are computed. */
import { put } from "../../shared/changes.ts";
import { factorRegistry, type RegisteredFactor } from "../../shared/collections/features.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import { dependenciesOf, describeFamily, parseFactor } from "../../shared/trading/factors/registry.ts";

const PAGE = 1_000;

interface Wanted {
  readonly factors: readonly string[];
  readonly rev: number;
}

/** What the registry should say, besides when it was said; ids that are no factor are left out. */
const described = ({ factors, rev }: Wanted): Omit<RegisteredFactor, "ts">[] =>
  factors.flatMap((id) => {
    const factor = parseFactor(id);
    if (factor === undefined) return [];
    const { example: _, needs: __, ...family } = describeFamily(factor.family);
    return [{ id, ...family, dependencies: dependenciesOf(factor), active: true, config_rev: rev }];
  });

const isSame = (row: RegisteredFactor, now: Omit<RegisteredFactor, "ts">): boolean => {
  const { ts: _, config_rev: __, ...known } = row;
  return Object.entries(known).every(([field, value]) => JSON.stringify(value) === JSON.stringify(now[field as "id"]));
};

/** Writes what has changed; a factor that no revision wants any more stays, inactive. Answers how many were written. */
export async function registerFactors(
  { store, clock }: { store: Pick<Store, "query" | "commit">; clock: Clock },
  wanted: Wanted,
): Promise<number> {
  const known = new Map<string, RegisteredFactor>();
  let cursor: string | undefined;
  do {
    const page = await store.query(factorRegistry, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { value } of page.items) known.set(value.id, value);
    cursor = page.next_cursor;
  } while (cursor !== undefined);

  const ts = clock.now();
  const ops: Op[] = [];
  for (const now of described(wanted)) {
    const row = known.get(now.id);
    known.delete(now.id);
    if (row === undefined || !isSame(row, now)) ops.push(put(factorRegistry, { ...now, ts }));
  }
  for (const row of known.values()) {
    if (row.active) ops.push(put(factorRegistry, { ...row, active: false, config_rev: wanted.rev, ts }));
  }
  if (ops.length > 0) await store.commit(ops);
  return ops.length;
}
