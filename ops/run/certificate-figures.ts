/** Until when the gateway's certificate is good, told in its metrics, so that its end surprises nobody. */
import { Gauge, type Registry } from "prom-client";
import type { DataFolder } from "./folder.ts";
import type { Env } from "./process-settings.ts";
import { openingOf } from "./serve-gateway.ts";

/** Nothing is told where the gateway is not open over TLS, or the certificate cannot be read. */
export function tellCertificate(registry: Registry, env: Env, folder: Pick<DataFolder, "path">): void {
  new Gauge({
    name: "chimera_certificate_ends_timestamp_seconds",
    help: "When the gateway's certificate ends, seconds since 1970 in UTC",
    labelNames: ["of"],
    registers: [registry],
    async collect() {
      this.reset();
      const opening = await openingOf(env, folder).catch(() => undefined);
      if (opening?.certificate) this.set({ of: "gateway" }, opening.certificate.endsAt / 1_000);
    },
  });
}
