/** Which metrics and labels an expression of PromQL asks for, by Prometheus' own grammar. */
import { parser } from "@prometheus-io/lezer-promql";

export interface Asked {
  /** Metrics with the labels that a selector matches by. */
  selectors: { metric: string; labels: string[] }[];
  /** Labels that it groups or joins by. */
  grouped: string[];
}

type Node = ReturnType<typeof parser.parse>["topNode"];

function* within(node: Node): Generator<Node> {
  yield node;
  for (let child = node.firstChild; child; child = child.nextSibling) yield* within(child);
}
const all = (node: Node, name: string): Node[] => [...within(node)].filter((each) => each.name === name);

/** Grafana's own names for windows and variables are replaced before Prometheus sees them. */
const filledIn = (expr: string): string =>
  expr.replaceAll(/\$__(rate_interval|interval|range)/g, "5m").replaceAll(/\$\{?\w+\}?/g, "x");

/** Throws for what is no PromQL. */
export function askedBy(expr: string): Asked {
  const text = filledIn(expr);
  const tree = parser.parse(text).topNode;
  const of = (node: Node) => text.slice(node.from, node.to);
  const wrong = all(tree, "⚠")[0];
  if (wrong) throw new Error(`no PromQL at ${wrong.from}: ${text}`);
  return {
    selectors: all(tree, "VectorSelector").map((selector) => ({
      metric: all(selector, "Identifier").map(of)[0] ?? "",
      labels: all(selector, "LabelMatchers").flatMap((matchers) => all(matchers, "LabelName").map(of)),
    })),
    grouped: all(tree, "GroupingLabels").flatMap((labels) => all(labels, "LabelName").map(of)),
  };
}
