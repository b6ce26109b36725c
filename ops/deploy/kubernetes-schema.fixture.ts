/** Whether an object is one that Kubernetes would take: by the shapes of its own API, without a server. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Manifest } from "./k8s-objects.ts";
import drawn from "./kubernetes.schema.json" with { type: "json" };

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: "kubernetes", $defs: drawn.$defs });
const kinds = drawn.kinds as Record<string, object>;
const compiled = new Map<string, ValidateFunction>();

/** A kind's own references are to definitions of the whole; patterns are Go's, where case is a flag within. */
const anchored = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"kubernetes#/$defs/').replaceAll("(?i)", "")) as object;

function validatorOf(kind: string): ValidateFunction | undefined {
  const kept = compiled.get(kind);
  const schema = kinds[kind];
  if (kept || !schema) return kept;
  const made = ajv.compile(anchored(schema));
  compiled.set(kind, made);
  return made;
}

const NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** What the API server would complain of. */
export function shapeComplaints(objects: readonly Manifest[]): string[] {
  const seen = new Set<string>();
  return objects.flatMap((object) => {
    const { kind, apiVersion, metadata } = object;
    const what = `${kind}/${metadata?.name}`;
    const validate = validatorOf(`${apiVersion}/${kind}`);
    if (!validate) return [`${what}: no kind ${apiVersion}/${kind} is known`];
    const found = NAME.test(metadata.name ?? "") ? [] : [`${what}: that is no name`];
    if (seen.has(what)) found.push(`${what}: is there twice`);
    seen.add(what);
    if (validate(object)) return found;
    const wrong = (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${what}${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
    return [...found, ...wrong];
  });
}
