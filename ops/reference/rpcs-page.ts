/** The page of all RPCs between services: from the contracts, with what the proto files say of each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { CONTRACTS, type Contract } from "../../shared/contracts.ts";
import { assert } from "../../shared/errors.ts";
import type { Service } from "../../shared/kit/service.ts";
import { ROOT } from "../build.ts";

const ABOUT =
  "What services ask of each other, by Connect at the callee's own port: `POST /<service>/<method>` with protobuf JSON " +
  "(proto field names) or binary, and a service token. Only callers named here may ask. A method that may be repeated " +
  "has one effect however often it is asked; an urgent one is sent even to a callee that has not answered lately.";

export function rpcsPage(services: readonly Service[], note: string): string {
  const sections = CONTRACTS.map((contract) => {
    const callers = services
      .filter(({ id, calls, usesConfig }) => {
        const called = Object.values(calls).includes(contract);
        return called || (contract.id === "s10" && usesConfig && id !== "s10");
      })
      .map(({ id }) => id.toUpperCase());
    const methods = Object.values(contract.methods).map(({ desc, idempotent, urgent }) =>
      method(contract, desc, [idempotent ? "may be repeated" : "not to be repeated", ...(urgent ? ["urgent"] : [])]),
    );
    return [
      `## \`${contract.desc.typeName}\``,
      `${contract.id.toUpperCase()}; asked by ${callers.join(", ")}.`,
      ...methods,
    ];
  });
  return `${note}\n\n# RPCs\n\n${ABOUT}\n\n${sections.flat().join("\n\n")}\n`;
}

function method(contract: Contract, desc: DescMethod, traits: readonly string[]): string {
  const lines = [`- Asks: ${fields(desc.input)}`, `- Answers: ${fields(desc.output)}`];
  return `### ${desc.name}\n\n${commentOf(contract, desc.name)} (${traits.join(", ")})\n\n${lines.join("\n")}`;
}

const fields = (message: DescMessage): string =>
  message.fields.length === 0
    ? "nothing"
    : message.fields.map((field) => `\`${field.name}\` ${typeOf(field)}`).join(", ");

function typeOf(field: DescField): string {
  const one = field.message ?? field.enum;
  const name = one ? one.name : SCALARS.get(field.scalar ?? 0);
  if (field.fieldKind === "list") return `list of ${name}`;
  return field.fieldKind === "map" ? `map of ${name}` : (name ?? "any");
}

/** By protobuf's own numbers of types. */
const SCALARS = new Map([
  [1, "double"],
  [5, "int32"],
  [8, "bool"],
  [9, "string"],
  [12, "bytes"],
]);

/** What stands above the method in its proto file: generated code does not carry it. */
function commentOf({ desc }: Contract, name: string): string {
  const text = readFileSync(join(ROOT, "proto", `${desc.file.name}.proto`), "utf8");
  const found = new RegExp(`((?:^ *//.*\\n)+) *rpc ${name}\\(`, "m").exec(text)?.[1];
  assert(found !== undefined, `${desc.typeName}.${name} says in its proto file what it does`);
  return found
    .split("\n")
    .map((line) => line.trim().replace(/^\/\/ ?/, ""))
    .join(" ")
    .trim();
}
