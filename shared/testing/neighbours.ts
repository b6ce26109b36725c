/** Services that the one under test asks, as small as they can be. */
import { z } from "@hono/zod-openapi";
import { config } from "../contracts.ts";
import type { Bundle } from "../domain/bundle.ts";
import { answers, defineService, type Service } from "../kit/service.ts";

/** What a service declares that owns, calls, says and needs nothing. */
export const BARE = { settings: z.object({}), calls: {}, emits: [], owns: [], usesConfig: false };

/** The config service with one revision for ever. */
export const configNeighbour = (active: { rev: number; activated_at: number; bundle: Bundle }): Service =>
  defineService({
    ...BARE,
    ...{ id: "s10", name: "s10-config", title: "Config Service", port: 8090 },
    setup: () => ({
      verbs: [
        answers(config.methods.getActive, {
          ...{ name: "getActive", summary: "The active revision" },
          run: () => ({ ...active, bundle_id: active.bundle.bundle_id, hash: "h", bundle: active.bundle as never }),
        }),
      ],
    }),
  });
