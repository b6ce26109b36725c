/** Writes down who may ask for what: every operation with its roles, the care it takes and whether two must agree. */
import type { Role, Service, Verb } from "../shared/kit/service.ts";

type Told = Pick<Verb, "rest" | "audience" | "roles" | "care"> & { second: unknown };

const ROLES: readonly Role[] = ["viewer", "researcher", "trader", "risk", "admin"];
const CARE: Record<Verb["care"], string> = { none: "", person: "a person", fresh: "a person, proved again" };
const ABOUT = `Deny by default: what is not marked is refused, at the gateway and again by the service itself.
An API key has the rights of its role, but nothing that says "a person"; a read-only key reads. "Proved again":
who asks has given password and second factor within the last five minutes. "May need two": where
\`CHIMERA_S12_APPROVALS\` is \`two\`, somebody else allows it first, as far as the request is one of those in
[approvals](../guide/approvals.md). Turning the kill switch on needs the role alone; turning it off risk or
admin, proved again, and the second person. \`POST /decide\` is a dry run for everybody, and for real for trader
and admin. Services may ask each other for everything.`;

/** `note` says that the page is generated. */
export function rolesPage(services: readonly Service[], verbs: (id: Service["id"]) => readonly Told[], note: string) {
  const head = `| operation | ${ROLES.join(" | ")} | asked by | may need two |\n| --- |${" --- |".repeat(ROLES.length + 2)}`;
  const sections = services.map(({ id, name, title }) => {
    const rows = verbs(id).flatMap((verb) => (verb.rest === undefined ? [] : [rowOf(verb)]));
    return rows.length === 0 ? [] : [`## ${name}: ${title}\n\n${head}\n${rows.join("\n")}`];
  });
  return `${note}\n\n# Roles\n\n${ABOUT}\n\n${sections.flat().join("\n\n")}\n`;
}

function rowOf({ rest, audience, roles, care, second }: Told): string {
  const may = (role: Role) => (audience === "people" && roles.includes(role) ? "yes" : "");
  const marks = audience === "open" ? ROLES.map(() => "yes") : ROLES.map(may);
  const who = { open: "anybody", service: "services", people: CARE[care] }[audience];
  return `| \`${rest}\` | ${marks.join(" | ")} | ${who} | ${second === undefined ? "" : "yes"} |`;
}
