/** The page of all collections: what each holds, who writes it, by what it is found, how long it stays, its fields. */
import { z } from "@hono/zod-openapi";
import { COLLECTIONS } from "../../shared/collections.ts";
import { Decimal, PositiveDecimal } from "../../shared/domain/instrument.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import type { Service } from "../../shared/kit/service.ts";
import { typeOf } from "./type-text.ts";

const ABOUT =
  "Every collection of documents, by the service that owns it: it alone writes it, others may read. Times are epoch " +
  "milliseconds UTC, prices, quantities and money decimal strings. In the embedded store a collection is a table of its " +
  "owner's SQLite file, in ArangoDB a collection. A field with `?` may be missing.";

export function collectionsPage(services: readonly Service[], note: string): string {
  const sections = services.map(({ id, name }) => {
    const own = COLLECTIONS.filter(({ owner }) => owner === id);
    return [`## ${name}`, ...own.map(section)].join("\n\n");
  });
  return `${note}\n\n# Collections\n\n${ABOUT}\n\n${sections.join("\n\n")}\n`;
}

function section(collection: Collection<never>): string {
  const { name, about, indexes, shardKey, retentionDays, retentionField, search } = collection;
  const facts = [
    `- Found by: the key${indexes.map((fields) => `; ${fields.map((field) => `\`${field}\``).join(", ")}`).join("")}`,
    `- Kept: ${retentionDays === undefined ? "for ever" : `${retentionDays} days, by \`${retentionField}\``}`,
    ...(shardKey === "_key" ? [] : [`- Shard key: \`${shardKey}\``]),
    ...(search ? [`- Full text: ${search.map((field) => `\`${field}\``).join(", ")}`] : []),
  ];
  return `### \`${name}\`\n\n${about}.\n\n${facts.join("\n")}\n- Fields: ${fieldsOf(collection.schema)}`;
}

function fieldsOf(schema: z.ZodType): string {
  const shape = z.toJSONSchema(schema, { io: "output", unrepresentable: "any", override: sayDecimal });
  const required = new Set(shape.required ?? []);
  const fields = Object.entries(shape.properties ?? {}).map(
    ([name, of]) => `\`${name}${required.has(name) ? "" : "?"}\` ${typeOf(of)}`,
  );
  return fields.length > 0 ? fields.join(", ") : "any";
}

/** What is read as text and kept as text, with a check between, has no type of its own in JSON Schema. */
const sayDecimal: NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"] = ({ zodSchema, jsonSchema }) => {
  if (zodSchema === Decimal || zodSchema === PositiveDecimal) jsonSchema.type = "string";
};
