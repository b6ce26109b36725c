/** Why the trade was entered: what triggered it, guards, rules, program, model, the size's arithmetic and all factors. */
import type { Decision } from "../../../shared/domain/decision.ts";
import { barChart } from "../../../shared/report/bar-chart.ts";
import { moment, number, percent, plain } from "../../../shared/report/figures.ts";
import { html, type Markup, NOTHING } from "../../../shared/report/markup.ts";
import { figure, pairs, section, table, text, words } from "../../../shared/report/tables.ts";
import type { AutopsyFacts } from "../facts.ts";
import { linked } from "./linked.ts";

const CONTRIBUTIONS_MAX = 20;

export function whyPart(facts: AutopsyFacts): Markup {
  const { signal, decision, trade } = facts;
  if (!signal && !decision) {
    const words =
      trade.signal_id === undefined
        ? "No signal: somebody wanted it so."
        : "What was seen and decided is not on record any more.";
    return section("Why", html`<p>${words}</p>`);
  }
  const content = html`${headOf(facts)}${decision && reasonsOf(decision)}${decision && modelOf(decision)}${decision && programOf(decision)}${decision && sizingOf(decision)}${factorsOf(facts)}`;
  return section("Why", content);
}

const headOf = ({ signal, decision, regime }: AutopsyFacts): Markup =>
  pairs([
    ["Trigger", signal && `${signal.trigger.kind} ${signal.trigger.what}`],
    ["Seen at", signal && moment(signal.trigger.exch_ts)],
    ["Regime", regime],
    [
      "Decided",
      decision && `${decision.decision.action} ${decision.decision.side ?? ""} (${decision.decision.reason})`,
    ],
    ["Bid and ask", signal && `${signal.features.bid ?? "–"} / ${signal.features.ask ?? "–"}`],
    ["Quality", signal && (signal.features.quality.join(", ") || "nothing wrong")],
  ]);

const worth = (value: number | string | boolean | null): string =>
  value === null ? "unknown" : typeof value === "number" ? plain(value) : String(value);

function reasonsOf({ guards, rules }: Decision): Markup {
  const guardRows = guards.map(({ name, passed, value, limit }) => [
    name,
    worth(value),
    limit === null ? undefined : worth(limit),
    html`<b class="${passed ? "up" : "down"}">${passed ? "passed" : "failed"}</b>`,
  ]);
  const ruleRows = rules.map(({ rule_id, fired, effect }) => [
    rule_id,
    fired === null ? "unknown" : fired ? html`<b>fired</b>` : "no",
    effect,
  ]);
  return html`${table("Guards", [text("guard"), figure("value"), figure("limit"), text("outcome")], guardRows)}
${table("Rules", [text("rule"), text("fired"), words("effect")], ruleRows)}`;
}

function modelOf({ model }: Decision): Markup {
  if (!model) return NOTHING;
  const { p, size_mult, trouble, contributions = [] } = model;
  const said =
    p === null
      ? `had no say (${trouble ?? "unknown"})`
      : `gave it ${percent(p, 1)}, which makes its size × ${plain(size_mult)}`;
  const rows = contributions.slice(0, CONTRIBUTIONS_MAX).map(({ f, value, adds }) => ({
    ...{ name: `${f} = ${plain(value)}`, value: adds, label: number(adds, 3, true) },
  }));
  return html`<h3>Model</h3><p>${model.model_id} (<code>${model.hash.slice(0, 12)}</code>) ${said}. What each input added to ln(p/(1−p)) against its average:</p>
${barChart("Contributions of the model's inputs", rows)}`;
}

function programOf({ program }: Decision): Markup {
  if (!program) return NOTHING;
  const words = program.wish?.why ?? program.detail ?? program.trouble ?? "nothing";
  return html`<h3>Program</h3><p>${program.program_id} (<code>${program.hash.slice(0, 12)}</code>) said:</p><blockquote>${words}</blockquote>`;
}

function sizingOf({ sizing }: Decision): Markup {
  if (!sizing || sizing.steps.length === 0) return NOTHING;
  return html`<h3>Size, stop and target</h3><ol class="steps">${sizing.steps.map((step) => html`<li>${step}</li>`)}</ol>`;
}

/** All of them, as they were at that moment. */
function factorsOf({ signal, decision, trade }: AutopsyFacts): Markup {
  const values = Object.entries(signal?.features.values ?? decision?.features ?? {}).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  if (values.length === 0) return NOTHING;
  const items = values.map(
    ([id, value]) => html`<div><dt>${id}</dt><dd>${value === null ? "–" : plain(value)}</dd></div>`,
  );
  return html`<h3>Factors at that moment</h3><dl class="factors">${items}</dl><p class="note">All of it: ${linked("decisions", trade.signal_id)}</p>`;
}
