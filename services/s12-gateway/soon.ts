/** Work that is of use only if it is done soon: what is merely faster, or merely counts, must hold nobody up. */
import type { Clock } from "../../shared/kit/ports.ts";

/** Rejects when the work has failed or takes longer than `msMax`; it may still be done then. */
export function soon<T>(clock: Pick<Clock, "after">, msMax: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(msMax, () => reject(new Error(`not within ${msMax} ms`)));
    work.then(resolve, reject).finally(cancel);
  });
}
