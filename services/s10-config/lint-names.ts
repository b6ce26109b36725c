/** Lints what a bundle lists: each name once, factors and instruments that exist, and what is listed for nothing. */
import { type Bundle, sizingOf } from "../../shared/domain/bundle.ts";
import { CORE_FACTORS, FAMILIES, factorsOfBundle, parseFactor } from "../../shared/trading/factors/registry.ts";
import type { Findings } from "./findings.ts";
import type { Known } from "./known.ts";
import { nearest } from "./nearest.ts";

const FACTOR_EXAMPLES = FAMILIES.map((family) => family.example);

export function lintNames(findings: Findings, bundle: Bundle, known: Known): void {
  const { factors, instruments, strategies, rules, flags } = bundle;
  const names = instruments.map((entry) => entry.instrument);
  findings.once(["factors"], factors);
  findings.once(["instruments"], names);
  findings.once(
    ["strategies"],
    strategies.map(({ strategy_id }) => strategy_id),
  );
  findings.once(
    ["rules"],
    rules.map(({ rule_id }) => rule_id),
  );
  for (const [i, factor] of factors.entries()) {
    if (parseFactor(factor) !== undefined) continue;
    const suggestion = nearest(factor, FACTOR_EXAMPLES);
    const hint = suggestion === undefined ? "" : `; one that exists is "${suggestion}"`;
    findings.add(["factors", i], "UNKNOWN_FACTOR", `"${factor}" is no factor${hint}`, suggestion);
  }
  for (const [i, name] of known.instruments ? names.entries() : []) {
    findings.mustBe({ path: ["instruments", i, "instrument"], name, of: known.instruments ?? [], what: "instrument" });
  }
  for (const [i, group] of (flags.risk.correlated ?? []).entries()) {
    const at = ["flags", "risk", "correlated", i, "instruments"];
    for (const [j, name] of group.instruments.entries()) {
      findings.mustBe({ path: [...at, j], name, of: names, what: "instrument" });
    }
  }
}

/** Programs and models that nobody knows here may use any factor: then nothing is said. */
export function lintUnused(findings: Findings, bundle: Bundle, known: Known): void {
  const { factors, instruments, strategies } = bundle;
  const used = new Set([...CORE_FACTORS, ...factorsOfBundle({ ...bundle, factors: [] })]);
  const models = strategies.flatMap(({ model }) => (model ? [model] : []));
  const cards = models.map((model) => known.models?.find(({ hash }) => hash === model.hash));
  for (const input of cards.flatMap((card) => card?.features ?? [])) used.add(input);
  for (const strategy of strategies) used.add(sizingOf(bundle, strategy).atr);
  const isAllKnown = strategies.every(({ program }) => !program) && cards.every((card) => card !== undefined);
  const bare = new Set([...used].map((factor) => factor.split("@")[0] as string));
  for (const [i, factor] of isAllKnown ? factors.entries() : []) {
    if (!used.has(factor) && !bare.has(factor))
      findings.add(["factors", i], "UNUSED_FACTOR", `nothing uses "${factor}"`);
  }
  const traded = new Set(strategies.flatMap((strategy) => (strategy.enabled ? strategy.instruments : [])));
  const lookedUp = new Set([...factors, ...used].map((factor) => factor.split("@")[1]));
  for (const [i, { instrument, enabled }] of instruments.entries()) {
    if (enabled && !traded.has(instrument) && !lookedUp.has(instrument)) {
      findings.add(["instruments", i], "UNUSED_INSTRUMENT", `no enabled strategy trades ${instrument}`);
    }
  }
}
