/** How far an owner's events of a counted stream have come, read from its file while it may be running. */
import { existsSync } from "node:fs";
import { Connection } from "./connection.ts";
import { countIn } from "./outbox.ts";

/** How many it has committed, and from which number on its file still holds them; nothing of a file that is not there. */
export function countedIn(path: string, family: string): { count: number; kept_from?: number } | undefined {
  if (!existsSync(path)) return undefined;
  const db = new Connection(path, { readonly: true });
  try {
    const sql = "SELECT min(event ->> '$.owner_seq') AS kept FROM outbox WHERE family = ?";
    const kept = db.one(sql, family)?.kept;
    return { count: countIn(db, family), ...(kept != null && { kept_from: Number(kept) }) };
  } finally {
    db.close();
  }
}
