/** What a comparison comes to, in a line for each kind of document and what happened to it. */
import type { BundleChange } from "../../../../shared/domain/bundle-diff.ts";
import type { Translate } from "../i18n/translate.ts";
import { valueText } from "./value-text.ts";

const NAMES_SHOWN = 6;
const VALUE_MAX = 60;
const OPS = ["added", "removed", "changed"] as const;
type Op = (typeof OPS)[number];

export function summaryWords(t: Translate, changes: readonly BundleChange[]): string[] {
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const of = changes.filter((change) => change.kind === kind);
    if (kind === "bundle")
      return [
        t("diff.bundle", {
          names: listed(
            t,
            of.map(({ path }) => path),
          ),
        }),
      ];
    if (kind === "flags") return sectionsOf(of).map((id) => flagsLine(t, id, of));
    return OPS.flatMap((op) => {
      const ids = [...new Set(of.filter((change) => opOf(change) === op).map(({ id }) => id))];
      if (ids.length === 0) return [];
      return [t(`diff.${op}`, { kind: t(`document.${kind}`), count: ids.length, names: listed(t, ids) })];
    });
  });
}

const sectionsOf = (of: readonly BundleChange[]): string[] => [...new Set(of.map(({ id }) => id))];

function flagsLine(t: Translate, id: string, of: readonly BundleChange[]): string {
  const own = of.filter((change) => change.id === id);
  const texts = own.map(({ path, before, after }) => `${path} ${shortValue(before)} → ${shortValue(after)}`);
  return t("diff.flags", { section: id, names: listed(t, texts) });
}

/** What happened to the whole document: something within it that came or went means that it changed. */
export const opOf = ({ op, path }: BundleChange): Op => (path === "" ? op : "changed");

function listed(t: Translate, names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? t("diff.and_more", { names: shown, count: more }) : shown;
}

function shortValue(value: unknown): string {
  const text = valueText(value);
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
}
