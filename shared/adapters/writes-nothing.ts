/** The half of a store that changes something, for whoever holds no lease: refused, with an outbox that is empty. */
import { refuse } from "../errors.ts";
import type { ServiceId, Store } from "../kit/ports.ts";

/** What would change something throws Problem NOT_OWNER. */
export function writesNothing(owner: ServiceId): Pick<Store, "commit" | "expire" | "outbox"> {
  const notOwner = () => refuse("NOT_OWNER", `This replica of ${owner} holds no lease to write by.`);
  return {
    async commit(ops) {
      if (ops.length > 0) notOwner();
    },
    expire: async () => notOwner(),
    outbox: {
      read: async () => [],
      readTold: async () => [],
      state: async () => ({}),
      tell: async () => notOwner(),
      forget: async () => notOwner(),
      // It keeps nothing that was told in any epoch.
      setEpoch: async () => {},
      onCommit: () => {},
    },
  };
}
