/** Folds a file's write-ahead log back in a thread of its own, so that no commit ever waits for the disk to do it. */

/** The runtime's own Worker, of which the web's type knows no `unref`. */
type Thread = Worker & { unref(): void };
let worker: Thread | undefined;

/** Asks for it to be done soon. The thread is started by the first to ask, and does not keep the process alive. */
export function requestCheckpoint(path: string): void {
  if (!worker) {
    worker = new Worker(new URL("./checkpoint.worker.ts", import.meta.url).href, { smol: true }) as Thread;
    worker.unref();
  }
  worker.postMessage(path);
}
