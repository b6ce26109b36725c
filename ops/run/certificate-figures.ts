/** Until when the gateway's certificate is good, told in metrics, so that its end surprises nobody. */
import { Gauge, type Registry } from "prom-client";

/** `endsAt`, epoch ms: undefined where there is none, as where the gateway is not open over TLS. */
export function tellCertificate(registry: Registry, endsAt: () => Promise<number | undefined>): void {
  new Gauge({
    name: "chimera_certificate_ends_timestamp_seconds",
    help: "When the gateway's certificate ends, seconds since 1970 in UTC",
    labelNames: ["of"],
    registers: [registry],
    async collect() {
      this.reset();
      const ms = await endsAt().catch(() => undefined);
      if (ms !== undefined) this.set({ of: "gateway" }, ms / 1_000);
    },
  });
}
