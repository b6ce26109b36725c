/** A condition as a tree: each comparison with what the factor was, and whether it held, by a mark and by colour. */
import type { Condition } from "../../../../shared/domain/bundle.ts";
import { useText } from "../i18n/translate.ts";
import { type Comparison, type ConditionNode, type Truth, treeOf, type Values } from "../state/condition-tree.ts";
import { apart, plainNumber } from "../stories/words.ts";
import { Figure } from "./figures.tsx";

interface ConditionViewProps {
  condition: Condition;
  /** Without them it is told as it is written. */
  values?: Values;
}

const NO_VALUES: Values = {};

export function ConditionView({ condition, values }: ConditionViewProps) {
  return (
    <ul className="condition" data-written={values === undefined || undefined}>
      <Node node={treeOf(condition, values ?? NO_VALUES)} isWritten={values === undefined} />
    </ul>
  );
}

const MARK = { true: "✓", false: "✕", unknown: "?" } as const;
export const truthKey = (truth: Truth) => (truth === undefined ? "unknown" : truth ? "true" : "false");

export function TruthMark({ truth }: { truth: Truth }) {
  const { t } = useText();
  const key = truthKey(truth);
  return (
    <span className="truth" data-truth={key} role="img" aria-label={t(`truth.${key}`)} title={t(`truth.${key}`)}>
      {MARK[key]}
    </span>
  );
}

function Node({ node, isWritten }: { node: ConditionNode; isWritten: boolean }) {
  const { t } = useText();
  if (node.kind === "compare") return isWritten ? <Written node={node} /> : <Compared node={node} />;
  return (
    <li data-truth={isWritten ? undefined : truthKey(node.truth)}>
      <p>
        {isWritten ? null : <TruthMark truth={node.truth} />} {t(`condition.${node.kind}`)}
      </p>
      <ul>
        {node.parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition's parts never move
          <Node key={index} node={part} isWritten={isWritten} />
        ))}
      </ul>
    </li>
  );
}

const SIGN: Partial<Record<Comparison["op"], string>> = {
  "<=": "≤",
  ">=": "≥",
  "==": "=",
  "!=": "≠",
  in: "∈",
  notIn: "∉",
};

function Compared({ node }: { node: Comparison }) {
  const { t } = useText();
  const { f, op, actual, vf, against, truth } = node;
  const [left, right] = sidesOf(node);
  return (
    <li data-truth={truthKey(truth)}>
      <p>
        <TruthMark truth={truth} /> <code>{f}</code> <Exact value={actual}>{left}</Exact>{" "}
        <span className="muted">{SIGN[op] ?? op}</span> {vf === undefined ? null : <code>{vf} </code>}
        <Exact value={against}>{right}</Exact>
        {truth === undefined ? <span className="muted"> {t("condition.no_value")}</span> : null}
      </p>
    </li>
  );
}

function Written({ node: { f, op, vf, against } }: { node: Comparison }) {
  return (
    <li>
      <p>
        <code>{f}</code> <span className="muted">{SIGN[op] ?? op}</span>{" "}
        {vf === undefined ? <Figure>{literal(against)}</Figure> : <code>{vf}</code>}
      </p>
    </li>
  );
}

const Exact = ({ value, children }: { value: Comparison["against"]; children: string }) => (
  <Figure title={typeof value === "number" ? String(value) : undefined}>{children}</Figure>
);

function sidesOf({ actual, against }: Comparison): [string, string] {
  if (actual !== undefined && typeof against === "number") return apart(actual, against);
  return [literal(actual), literal(against)];
}

function literal(value: Comparison["against"]): string {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if (value === undefined) return "–";
  return typeof value === "number" ? plainNumber(value) : String(value);
}
