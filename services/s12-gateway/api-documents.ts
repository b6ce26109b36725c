/** What every service documents of itself: asked for when needed, remembered, and kept while a service is away. */
import type { Clock, ServiceId } from "../../shared/kit/ports.ts";
import type { Log, Peers, Principal } from "../../shared/kit/service.ts";
import type { ApiDocument } from "./api-merge.ts";

/** How long a service's document is believed before it is asked for again. */
const BELIEVED_MS = 60_000;
/** After a service was away it is asked again soon. */
const RETRY_MS = 1_000;
/** A process that is stopped accepts a request and never answers. */
const ANSWER_MS_MAX = 3_000;

interface Known {
  document: ApiDocument | undefined;
  until: number;
}
export interface ApiDocuments {
  /** As far as known, at once. */
  known(id: ServiceId): ApiDocument | undefined;
  /** Asks whoever is due; resolves when each has answered or is known to be away. */
  refresh(): Promise<void>;
}

export function createApiDocuments(parts: { peers: Peers; clock: Clock; log: Log; self: ServiceId }): ApiDocuments {
  const { peers, clock, log, self } = parts;
  const kept = new Map<ServiceId, Known>();
  const asking = new Map<ServiceId, Promise<void>>();
  const others = peers.services.filter((service) => service.id !== self).map((service) => service.id);

  async function read(id: ServiceId): Promise<ApiDocument> {
    const nobody: Principal = { kind: "service", id: self, role: "viewer" };
    let cancel = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(ANSWER_MS_MAX, () => reject(new Error(`no answer in ${ANSWER_MS_MAX} ms`)));
    });
    try {
      const asked = peers.fetch(id, new Request("http://peer/openapi.json"), nobody);
      const response = await Promise.race([asked, late]);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as ApiDocument;
    } finally {
      cancel();
    }
  }

  async function ask(id: ServiceId): Promise<void> {
    try {
      kept.set(id, { document: await read(id), until: clock.now() + BELIEVED_MS });
    } catch (error) {
      log.warn("routes of a service could not be read", { callee: id, error: String(error) });
      kept.set(id, { document: kept.get(id)?.document, until: clock.now() + RETRY_MS });
    }
  }

  /** Many who ask at once ask once. */
  function askOnce(id: ServiceId): Promise<void> {
    const running = asking.get(id) ?? ask(id).finally(() => asking.delete(id));
    asking.set(id, running);
    return running;
  }

  return {
    known: (id) => kept.get(id)?.document,
    async refresh() {
      const due = others.filter((id) => (kept.get(id)?.until ?? 0) <= clock.now());
      await Promise.all(due.map(askOnce));
    },
  };
}
