/** Settings from the environment: `makerWaitMs` of S4 is CHIMERA_S04_MAKER_WAIT_MS, else CHIMERA_MAKER_WAIT_MS. */
import { z } from "@hono/zod-openapi";
import type { ServiceId } from "./ports.ts";
import type { Service } from "./service.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The part of a variable's name that says which setting it is. */
export const envName = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();

/** Reads, converts and checks a service's settings; throws an Error that names every bad variable. */
export function readSettings(service: Service, env: Env): unknown {
  const given: Record<string, unknown> = {};
  for (const [key, shape] of Object.entries(service.settings.shape)) {
    const text = lookUp(service.id, key, env);
    if (text !== undefined) given[key] = convert(text, shape as z.ZodType);
  }
  const parsed = service.settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    (issue) => `  CHIMERA_${service.id.toUpperCase()}_${envName(String(issue.path[0]))}: ${issue.message}`,
  );
  throw new Error(`Settings of ${service.name} are wrong:\n${lines.join("\n")}`);
}

function lookUp(id: ServiceId, key: string, env: Env): string | undefined {
  return env[`CHIMERA_${id.toUpperCase()}_${envName(key)}`] ?? env[`CHIMERA_${envName(key)}`];
}

/** The environment has only text: numbers and booleans are read as such where the setting wants them. */
function convert(text: string, shape: z.ZodType): unknown {
  if (shape.safeParse(text).success) return text;
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/** One row per setting, for the reference. */
export function describeSettings(service: Service): { name: string; fallback: string; about: string }[] {
  const schema = z.toJSONSchema(service.settings, { io: "input", unrepresentable: "any" });
  return Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const { default: fallback, description } = property as { default?: unknown; description?: string };
    return {
      name: `CHIMERA_${service.id.toUpperCase()}_${envName(key)}`,
      fallback: fallback === undefined ? "" : JSON.stringify(fallback),
      about: description ?? "",
    };
  });
}
