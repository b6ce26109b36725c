/** Every Store against a list in memory: seeded random writes and questions must give the same answers. */
import { expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { put, remove } from "../changes.ts";
import type { Query, Scalar, Test } from "../kit/ports.ts";
import { type Note, notes, plainNotes, type World } from "./store-world.ts";

const STEPS = 250;
const STATES = ["open", "shut", "a'b", "", undefined];
const FIELDS = ["state", "rank", "ts"] as const;

export function modelContract(now: World): void {
  for (const seed of [1, 2, 3]) {
    test(`random writes and questions, seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T => from[random.int(from.length)]!;
      const model = new Map<string, Note>();
      const rank = () => pick([undefined, null, -1.5, 0, 1, 2, 1e15, random.next()]);
      for (let step = 0; step < STEPS; step++) {
        const id = `n${random.int(40)}`;
        if (random.int(5) === 0) {
          model.delete(id);
          await now.s04.commit([remove(notes, id), remove(plainNotes, id)]);
        } else {
          const note = JSON.parse(JSON.stringify({ id, state: pick(STATES), rank: rank(), ts: random.int(5) })) as Note;
          model.set(id, note);
          await now.s04.commit([put(notes, note), put(plainNotes, note)]);
        }
        const query = randomQuery(random.int, pick);
        const expected = answer([...model.values()], query);
        for (const collection of [notes, plainNotes]) {
          expect(await pagesOf(now, collection, query)).toEqual(expected);
          expect(await now.s04.count(collection, query.where)).toBe(expected.length);
        }
      }
    });
  }
}

function randomQuery(int: (below: number) => number, pick: <T>(from: readonly T[]) => T): Query {
  const value = () => pick<Scalar>([null, -1.5, 0, 1, 2, 1e15]);
  const number = () => pick([-2, 0, 1, 1.5, 2]);
  const rank = pick<() => Test>([
    () => value(),
    () => ({ ne: value() }),
    () => ({ in: [value(), value()] }),
    () => ({ gt: number() }),
    () => ({ gte: number(), lt: number() }),
    () => ({ lte: number() }),
  ])();
  return {
    ...(int(3) > 0 && { where: { ...(int(2) > 0 && { rank }), ...(int(2) > 0 && { state: pick(["open", "a'b"]) }) } }),
    ...(int(4) > 0 && { sort: { field: pick(FIELDS), order: pick(["asc", "desc"]) } }),
    limit: 1 + int(12),
  };
}

async function pagesOf(now: World, collection: typeof notes, query: Query): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await now.s04.query(collection, { ...query, ...(cursor && { cursor }) });
    keys.push(...page.items.map((row) => row.key));
    cursor = page.next_cursor;
  } while (cursor);
  return keys;
}

/** What the ports' comments say, in the plainest words. */
function answer(all: readonly Note[], { where = {}, sort }: Query): string[] {
  const field = (note: Note, name: string) => (note as Record<string, Scalar | undefined>)[name] ?? null;
  const kept = all.filter((note) => Object.entries(where).every(([name, check]) => holds(field(note, name), check)));
  const order = (a: Note, b: Note) =>
    (sort && compare(field(a, sort.field), field(b, sort.field))) || compare(a.id, b.id);
  kept.sort(order);
  if (sort?.order === "desc") kept.reverse();
  return kept.map((note) => note.id);
}

function compare(a: Scalar, b: Scalar): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

function holds(value: Scalar, check: Test): boolean {
  if (check === null || typeof check !== "object") return value === check;
  return Object.entries(check).every(([operator, other]) => {
    if (operator === "ne") return value !== other;
    if (operator === "in") return (other as Scalar[]).includes(value);
    if (value === null) return false;
    const order = compare(value, other as Scalar);
    return { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0 }[operator];
  });
}
