/** The thread that folds write-ahead logs back into their files, one at a time. */
import { Database, SQLiteError } from "bun:sqlite";

declare const self: Worker;

self.onmessage = ({ data: path }: MessageEvent<string>) => {
  try {
    const db = new Database(path, { create: false, readwrite: true });
    // Passive takes what it can without making a reader or the writer wait.
    db.run("PRAGMA wal_checkpoint(PASSIVE)");
    db.close();
  } catch (error) {
    // The file may be gone or busy; the writer's own, much rarer checkpoint remains.
    if (!(error instanceof SQLiteError)) throw error;
  }
};
