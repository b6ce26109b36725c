/** What our compose files may say, as the reference of the Compose Specification tells it: any slip is found. */
import { z } from "@hono/zod-openapi";

const Name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const Texts = z.array(z.string());
const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Span = z.string().regex(/^(\d+(h|ms|us|m|s))+$/, "a duration, such as 30s");
const Bytes = z.string().regex(/^\d+(b|k|kb|m|mb|g|gb)$/, "an amount of memory, such as 256m");
const Condition = z.enum(["service_started", "service_healthy", "service_completed_successfully"]);
/** What stands there is taken from the environment. */
const Given = z.string().regex(/\$\{/);

const Healthcheck = z.strictObject({
  test: Texts.refine(([first = ""]) => ["CMD", "CMD-SHELL", "NONE"].includes(first), "begins with CMD").optional(),
  interval: Span.optional(),
  timeout: Span.optional(),
  retries: z.number().int().min(0).optional(),
  start_period: Span.optional(),
  start_interval: Span.optional(),
  disable: z.boolean().optional(),
});

const Build = z.strictObject({
  context: z.string(),
  dockerfile: z.string().optional(),
  target: z.string().optional(),
  args: z.record(z.string(), Scalar).optional(),
});

const Service = z.strictObject({
  image: z.string().optional(),
  build: Build.optional(),
  profiles: z.array(Name).optional(),
  command: Texts.optional(),
  entrypoint: Texts.optional(),
  hostname: Name.optional(),
  user: z.union([z.string().regex(/^\d+(:\d+)?$/), Given]).optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  cap_drop: Texts.optional(),
  security_opt: Texts.optional(),
  tmpfs: Texts.optional(),
  mem_limit: Bytes.optional(),
  mem_reservation: Bytes.optional(),
  cpus: z.number().min(0).optional(),
  pids_limit: z.number().int().optional(),
  restart: z
    .string()
    .regex(/^(no|always|unless-stopped|on-failure(:\d+)?)$/)
    .optional(),
  stop_grace_period: Span.optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), Scalar).optional() }).optional(),
  environment: z.record(z.string(), Scalar).optional(),
  env_file: Texts.optional(),
  secrets: z.array(Name).optional(),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]*(:(ro|rw))?$/, "SOURCE:/PATH, or with :ro")).optional(),
  networks: z.array(Name).optional(),
  ports: Texts.optional(),
  depends_on: z.record(Name, z.strictObject({ condition: Condition, required: z.boolean().optional() })).optional(),
  deploy: z.strictObject({ replicas: z.number().int().min(0).optional() }).optional(),
  healthcheck: Healthcheck.optional(),
});

const Network = z.strictObject({
  internal: z.boolean().optional(),
  driver_opts: z.record(z.string(), Scalar).optional(),
  ipam: z
    .strictObject({ config: z.array(z.strictObject({ subnet: z.string(), gateway: z.string().optional() })) })
    .optional(),
});

const ComposeFile = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/)
    .optional(),
  services: z.record(Name, Service),
  networks: z.record(Name, Network).optional(),
  volumes: z.record(Name, z.strictObject({})).optional(),
  secrets: z.record(Name, z.strictObject({ file: z.string() })).optional(),
});

/** None where compose would read the file, and nothing in it is of no use. */
export const shapeComplaints = (file: unknown): string[] =>
  (ComposeFile.safeParse(file).error?.issues ?? []).map(({ path, message }) => `${path.join("/")}: ${message}`);
