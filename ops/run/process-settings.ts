/** What every process reads of its environment besides its service's settings. */
import { isIP } from "node:net";
import { z } from "@hono/zod-openapi";
import { envName } from "../../shared/kit/settings.ts";
import { SHARDS_MAX } from "../../shared/kit/shard.ts";

export const REPLICAS_MAX = 9;
export const LOOPBACK = "127.0.0.1";

const settings = z.object({
  leaseMs: z.coerce
    .number()
    .int()
    .min(500)
    .max(120_000)
    .default(10_000)
    .describe("How long a replica may be silent before another takes its shards, ms"),
  replica: z.coerce
    .number()
    .int()
    .min(1)
    .max(REPLICAS_MAX)
    .default(1)
    .describe("Which of its service's replicas this process is"),
  shards: z.coerce
    .number()
    .int()
    .min(1)
    .max(SHARDS_MAX)
    .optional()
    .describe("Into how many shards a new data folder is split; an old one remembers"),
  place: z
    .string()
    .regex(/^[\w.-]{1,63}$/, "letters, digits, dots and dashes, at most 63")
    .optional()
    .describe("Its place in place of CHIMERA_REPLICA; unset, without a data folder: the host's name, as a pod's"),
  relieves: z
    .stringbool()
    .default(false)
    .describe("Set by ./chimera up for a gateway that takes over from one which runs: it listens beside it at first"),
  bind: z
    .string()
    .refine((text) => isIP(text) !== 0, "an IP address")
    .default(LOOPBACK)
    .describe("The address that ports of services listen on: 0.0.0.0 or :: in a container, whose network is closed"),
  advertiseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where other replicas reach this one: http://10.1.2.3:8084; unset: this machine's address, its port"),
  serviceTlsCert: z.string().optional().describe("PEM file of the certificate that services show each other"),
  serviceTlsKey: z.string().optional().describe("PEM file of its key"),
  serviceTlsCa: z.string().optional().describe("PEM file of who signed the other services' certificates"),
  redisUrl: z
    .string()
    .default("redis://127.0.0.1:6379")
    .describe("redis://…, redis-sentinel://…/master or redis-cluster://…; rediss for TLS"),
  redisUser: z.string().optional().describe("The user there, in place of the URL's"),
  redisPassword: z.string().optional().describe("And the password"),
  redisSentinelPassword: z.string().optional().describe("The sentinels' own password, where they want one"),
  redisCa: z.string().optional().describe("PEM file of who signed Redis's certificate, with rediss"),
  logTo: z.enum(["file", "stdout"]).default("file").describe("Lines of the log go to the data folder, or to stdout"),
});
export type ProcessSettings = z.output<typeof settings>;

export type Env = Readonly<Record<string, string | undefined>>;

export const readProcessSettings = (env: Env): ProcessSettings => readEnv(settings, env, "this process");
/** One row per setting, for the reference. */
export const describeProcessSettings = () => describeEnv(settings);

/** Reads what a process and no service has to know; throws an Error that names every bad variable. */
export function readEnv<S extends z.ZodObject>(shape: S, env: Env, what: string): z.output<S> {
  const keys = Object.keys(shape.shape);
  const given = Object.fromEntries(keys.map((key) => [key, env[`CHIMERA_${envName(key)}`]]));
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `CHIMERA_${envName(String(issue.path[0]))}: ${issue.message}`);
  throw new Error(`Settings of ${what} are wrong:\n  ${wrong.join("\n  ")}`);
}

export function describeEnv(shape: z.ZodObject): { name: string; fallback: string; about: string }[] {
  const { properties = {} } = z.toJSONSchema(shape, { io: "input", unrepresentable: "any" });
  return Object.entries(properties).map(([key, property]) => {
    const { default: fallback, description } = property as { default?: unknown; description?: string };
    return {
      name: `CHIMERA_${envName(key)}`,
      fallback: fallback === undefined ? "" : JSON.stringify(fallback),
      about: description ?? "",
    };
  });
}

/** First replicas have the documented ports; the others lie above all of them, a hundred apart. */
export const replicaPort = (port: number, replica: number): number => port + (replica - 1) * 100;
