/** The embedded world: one process, SQLite and folders, real sockets, the machine's clock. */
import { appendFileSync } from "node:fs";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { embeddedCoordination } from "../../shared/adapters/coordination.ts";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { openOutside } from "../../shared/adapters/outside.ts";
import { programRunner } from "../../shared/adapters/programs.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { World } from "../../shared/kit/world.ts";
import { buildInfo } from "../build.ts";
import { tellBackups, wantedBackups } from "./backup-figures.ts";
import { openBlobs } from "./blobs.ts";
import { tellCertificate } from "./certificate-figures.ts";
import { channelKeyEnv, exchangeKeyEnv } from "./exchange-keys.ts";
import type { DataFolder } from "./folder.ts";
import { grantEnv } from "./grant-keys.ts";
import { openJournals } from "./journals.ts";
import { approvalsEnv } from "./origin.ts";
import { openingOf } from "./serve-gateway.ts";
import { openStores } from "./stores.ts";
import { openSpans, tellSpans } from "./tracing.ts";
import { busReports, processMetrics } from "./world-parts.ts";

export interface EmbeddedOptions {
  clock: Clock;
  folder: DataFolder;
  env: Record<string, string | undefined>;
  logLevel: string;
}
export interface EmbeddedWorld extends World {
  close(): Promise<void>;
}

/** Throws for a folder of several shards: here every service has one store. */
export function embeddedWorld({ clock, folder, env, logLevel }: EmbeddedOptions): EmbeddedWorld {
  if (folder.shards > 1) {
    throw new Error(
      `${folder.path} was made with ${folder.shards} shards, which only processes share. ` +
        "Start it with --processes, or name another folder with --data DIR.",
    );
  }
  const log = rootLog(clock, (line) => appendFileSync(folder.log, line), logLevel);
  const stores = openStores({ folder, env, clock });
  const bus: EmbeddedBus = new EmbeddedBus({ path: folder.busFile, clock, ...busReports(() => bus, clock, log) });
  const build = buildInfo(env);
  const spans = openSpans(env, { version: build.version, instance: "one", serviceKey: folder.serviceKey });
  const coordination = embeddedCoordination({ clock, path: folder.coordinationFile });
  return {
    clock,
    random: systemRandom(),
    bus,
    store: stores.open,
    journal: openJournals(folder).open,
    blobs: openBlobs({ folder, env, clock }),
    cache: coordination.cache,
    lock: coordination.lock,
    quota: coordination.quota,
    rateLimit: coordination.rateLimit,
    schedule: coordination.schedule,
    net: fetchNet(clock),
    outside: openOutside({ clock }),
    inference: onnxInference(clock),
    programs: programRunner(),
    workers: bunWorkers(),
    env: {
      ...grantEnv(folder.grantKeys),
      ...exchangeKeyEnv(folder, env),
      ...channelKeyEnv(folder, env),
      ...approvalsEnv(env),
      ...env,
      CHIMERA_INSTALLATION_TAG: folder.tag,
    },
    log,
    serviceKey: folder.serviceKey,
    account: "main",
    mode: folder.origin.mode,
    replica: "one",
    build,
    ...(spans && { spans }),
    processMetrics: processMetrics({}, (registry) => {
      tellSpans(registry, spans);
      tellCertificate(registry, async () => (await openingOf(env, folder))?.certificate?.endsAt);
      tellBackups(registry, clock, wantedBackups(env, clock));
    }),
    async close() {
      await bus.close();
      await stores.close();
      coordination.close();
      await spans?.close();
    },
  };
}
