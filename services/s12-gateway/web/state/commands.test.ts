import { describe, expect, test } from "bun:test";
import type { Role } from "../api/people-shapes.ts";
import { MESSAGES, translator } from "../i18n/translate.ts";
import { anOrder, aTrade } from "../samples.ts";
import { type CommandWorld, commandsOf } from "./commands.ts";
import { PAGES } from "./pages.ts";
import { SECTIONS } from "./settings.ts";

const t = translator("en");
const world = (role: Role): CommandWorld => ({
  me: { username: "rita", role },
  instruments: [],
  strategies: ["trend"],
  trades: [aTrade({ trade_id: "t1", status: "ACTIVE" }), aTrade({ trade_id: "t2", status: "CLOSED" })],
  orders: [anOrder({ client_order_id: "o1", status: "NEW" }), anOrder({ client_order_id: "o2", status: "FILLED" })],
});
const all = (role: Role) => commandsOf(t, world(role)).flatMap((group) => group.items);

describe("the command palette", () => {
  test("every page and every section of the settings is reached", () => {
    const places = all("viewer").flatMap(({ does }) => (does.kind === "go" ? [does.to] : []));
    for (const { id } of PAGES) expect(places).toContainEqual({ page: id, id: "" });
    for (const section of SECTIONS) expect(places).toContainEqual({ page: "settings", id: section });
  });
  test("forms of the config page are offered to those who may send them", () => {
    const forms = (role: Role) =>
      all(role).flatMap(({ does }) => (does.kind === "go" && does.to.id?.startsWith("new-") ? [does.to.id] : []));
    expect(forms("viewer")).toEqual([]);
    expect(forms("researcher")).toEqual(["new-simulation"]);
    expect(forms("risk")).toEqual(["new-simulation", "new-promotion"]);
  });
  test("who may act closes, cancels and pauses what is there to be; who may not is offered none of it", () => {
    const kinds = ["kill", "close", "cancel", "flatten", "pause", "resume"];
    const acting = (role: Role) => all(role).flatMap(({ does }) => (kinds.includes(does.kind) ? [does.kind] : []));
    expect(acting("trader")).toEqual(["kill", "close", "flatten", "cancel", "pause", "resume"]);
    expect(acting("viewer")).toEqual([]);
  });
  test("each is told apart from the others, whatever language it is in", () => {
    for (const locale of Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]) {
      const values = commandsOf(translator(locale), world("admin")).flatMap((group) => group.items.map((i) => i.value));
      expect(new Set(values).size).toBe(values.length);
    }
  });
});
