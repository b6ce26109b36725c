/** S10, the config service: keeps bundles, says which revision is active, and tells everyone when that changes. */
import { z } from "@hono/zod-openapi";
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { models } from "../../shared/collections/models.ts";
import { config } from "../../shared/contracts.ts";
import { answers, defineService, verb } from "../../shared/kit/service.ts";
import { configEvents } from "../../shared/streams.ts";
import { Bundles } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { bundleJsonSchema } from "./schema-faults.ts";
import {
  BundleListAnswer,
  BundleListRequest,
  DraftAnswer,
  DraftRequest,
  PromoteAnswer,
  PromoteRequest,
} from "./types.ts";

const INSTRUMENTS_MAX = 1_000;
const MODELS_MAX = 1_000;

const settings = z.object({
  bundleText: z.string().default("").describe("Content of a bundle file that replaces what is active"),
});

export default defineService({
  id: "s10",
  name: "s10-config",
  title: "Config Service",
  port: 8090,
  settings,
  calls: {},
  emits: [configEvents],
  usesConfig: false,
  owns: [configBundles, configActive],
  setup(ctx) {
    const bundles = new Bundles({ store: ctx.store, clock: ctx.clock, audit: (entry) => ctx.audit(entry) });
    const listedInstruments = async () => {
      const page = await ctx.store.query(instrumentRegistry, { limit: INSTRUMENTS_MAX });
      return page.items.length === 0 ? {} : { instruments: page.items.map((row) => row.key) };
    };
    /** What there is for a bundle to name. */
    const known = async () => {
      const page = await ctx.store.query(models, { sort: { field: "created_at", order: "desc" }, limit: MODELS_MAX });
      return { ...(await listedInstruments()), models: page.items.map(({ value }) => value) };
    };
    return {
      start: () => bundles.begin(shippedBundle as string, ctx.settings.bundleText),
      verbs: [
        answers(config.methods.getActive, {
          name: "getActive",
          summary: "The active revision with its bundle",
          rest: "GET /active",
          audience: "people",
          once: "reads",
          run: () => ({ ...bundles.current() }),
        }),
        verb({
          name: "listBundles",
          summary: "Every bundle revision, newest first",
          rest: "GET /bundles",
          input: BundleListRequest,
          output: BundleListAnswer,
          run: (request) => bundles.list(request),
        }),
        verb({
          name: "draftBundle",
          summary: "Store a bundle as a draft; it must lint and have the highest revision",
          rest: "POST /bundles",
          roles: ["researcher", "risk", "admin"],
          once: "body",
          input: DraftRequest,
          output: DraftAnswer,
          run: async (document, call) => bundles.draft(document, call.principal.id, await known()),
        }),
        verb({
          name: "promoteBundle",
          summary: "Activate a draft, or bring back an older revision's content, for all at once",
          rest: "POST /promote",
          roles: ["risk", "admin"],
          care: "fresh",
          once: "header",
          input: PromoteRequest,
          output: PromoteAnswer,
          second: ({ bundle_id, to_rev, mode }) =>
            mode === "ROLLBACK" ? undefined : `Activate revision ${to_rev} of the bundle ${bundle_id}`,
          run: (request, call) => bundles.promote(request, call.principal.id),
        }),
        verb({
          name: "getConfigSchema",
          summary: "The JSON Schema of a bundle, for editors",
          rest: "GET /config/schema",
          input: z.object({}),
          output: z.record(z.string(), z.unknown()),
          run: () => bundleJsonSchema(),
        }),
      ],
    };
  },
});
