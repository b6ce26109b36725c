/** S10, the config service: keeps bundles, says which revision is active, and tells everyone when that changes. */
import { z } from "@hono/zod-openapi";
import {
  configActive,
  configBundles,
  promotions as promotionRecords,
  simulations as simulationRecords,
} from "../../shared/collections/config.ts";
import { programs as programCards } from "../../shared/collections/programs.ts";
import { config, metrics } from "../../shared/contracts.ts";
import { ProgramCard } from "../../shared/domain/program.ts";
import { answers, defineService, type Verb, verb } from "../../shared/kit/service.ts";
import { configEvents } from "../../shared/streams.ts";
import { bundleJsonSchema } from "./bundle-schema.ts";
import { Bundles } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { Documents } from "./documents.ts";
import { documentVerbs } from "./documents.verbs.ts";
import { type Active, type Entry, InForce } from "./in-force.ts";
import quoteBothSides from "./programs/quote-both-sides.ts" with { type: "text" };
import { Programs } from "./programs.ts";
import { createPromotions, promotionSettings } from "./promotions.verbs.ts";
import { createSimulations } from "./simulations.verbs.ts";
import {
  BundleListAnswer,
  BundleListRequest,
  DraftAnswer,
  DraftRequest,
  NewProgram,
  ProgramListAnswer,
  ProgramListRequest,
  ProgramNamed,
} from "./types.ts";
import { whatExists } from "./what-exists.ts";

const settings = z.object({
  bundleText: z.string().default("").describe("Content of a bundle file that replaces what is active"),
  ...promotionSettings,
});

const INSTALLATION = "installation";
const SHIPPED_PROGRAMS = [
  { program_id: "quote-both-sides", source: quoteBothSides as unknown as string, note: "Ships as an example." },
];

export default defineService({
  id: "s10",
  name: "s10-config",
  title: "Config Service",
  port: 8090,
  settings,
  calls: { metrics },
  emits: [configEvents],
  usesConfig: false,
  usesBlobs: true,
  owns: [configBundles, configActive, promotionRecords, simulationRecords, programCards],
  setup(ctx) {
    const ports = { store: ctx.store, clock: ctx.clock, audit: (entry: Entry) => ctx.audit(entry) };
    const inForce = new InForce(ports);
    const bundles = new Bundles(ports, inForce);
    const documents = new Documents({ store: ctx.store, current: () => bundles.current() });
    const programs = new Programs({ ...ports, runner: ctx.programs });
    const known = () => whatExists(ctx.store);
    const simulations = createSimulations(ctx, { ...ports, current: () => inForce.current() });
    const promotions = createPromotions({ ctx, ports, bundles, inForce, known, simulations: simulations.source });
    return {
      jobs: [...promotions.jobs, ...simulations.jobs],
      stop: simulations.stop,
      async start() {
        // An example that cannot be tried now, on a machine that is too busy say, keeps nobody from trading.
        for (const shipped of SHIPPED_PROGRAMS) {
          await programs.register(shipped, INSTALLATION).catch((error: unknown) => {
            ctx.log.warn("an example was not registered", { program_id: shipped.program_id, error: String(error) });
          });
        }
        await bundles.begin(shippedBundle as string, await documents.wholeText(ctx.settings.bundleText));
      },
      verbs: [
        ...programVerbs(programs),
        ...documentVerbs(documents, known),
        ...promotions.verbs,
        ...simulations.verbs,
        answers(config.methods.getActive, {
          name: "getActive",
          summary: "What is in force: the revision for all, and perhaps another for a share of the triggers",
          rest: "GET /active",
          audience: "people",
          once: "reads",
          run: () => activeAnswer(bundles.current()),
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
          run: async (draft, call) => bundles.draft(await documents.whole(draft), call.principal.id, await known()),
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

const activeAnswer = ({ canary, ...stable }: Active) => ({
  ...stable,
  bundle: { ...stable.bundle },
  ...(canary && { canary: { ...canary, bundle: { ...canary.bundle } } }),
});

const programVerbs = (programs: Programs): Verb[] => [
  verb({
    name: "registerProgram",
    summary: "Keep a strategy written as a program, after a trial run; bundles may name it from then on",
    rest: "POST /programs",
    // It runs where orders are decided.
    roles: ["risk", "admin"],
    once: "body",
    input: NewProgram,
    output: ProgramCard,
    run: (request, { principal }) => programs.register(request, principal.id),
  }),
  verb({
    name: "listPrograms",
    summary: "Registered programs, newest first",
    rest: "GET /programs",
    input: ProgramListRequest,
    output: ProgramListAnswer,
    run: (request) => programs.list(request),
  }),
  verb({
    name: "getProgram",
    summary: "One registered program with its source",
    rest: "GET /programs/{program_id}/{hash}",
    input: ProgramNamed,
    output: ProgramCard,
    run: (named) => programs.get(named),
  }),
];
