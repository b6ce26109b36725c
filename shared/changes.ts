/** The operations of a store's commit, made so that a document or event of the wrong shape does not compile. */
import type { Collection, Op, Ref, Stream } from "./kit/ports.ts";

/** `expectRev` null: must not exist yet; a revision: must still have it; none: whatever is there is replaced. */
export function put<T>(collection: Collection<T>, value: NoInfer<T>, expectRev?: string | null): Op {
  const op = { op: "put", collection: collection as unknown as Collection<never>, value } as const;
  return expectRev === undefined ? op : { ...op, expectRev };
}

export function remove<T>(collection: Collection<T>, key: string, expectRev?: string): Op {
  const op = { op: "delete", collection: collection as unknown as Collection<never>, key } as const;
  return expectRev === undefined ? op : { ...op, expectRev };
}

/** Says it on the stream once the commit is through. Keyed streams need their key. */
export function emit<E>(stream: Stream<E>, event: NoInfer<E>, key?: string): Op {
  const op = { op: "emit", stream: stream as unknown as Stream<never>, event } as const;
  return key === undefined ? op : { ...op, key };
}

export const link = (child: Ref, parent: Ref): Op => ({ op: "link", child, parent });

/** Marks a message as done by a group: a second commit that does so fails with CONFLICT. */
export const done = (message: { stream: string; id: string }, group: string): Op => ({
  op: "done",
  stream: message.stream,
  group,
  id: message.id,
});
