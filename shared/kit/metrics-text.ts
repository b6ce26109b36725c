/** Several Prometheus texts as one, and series with one more label. */

interface Block {
  readonly head: string[];
  /** By the series. */
  readonly lines: Map<string, string>;
}
const block = (): Block => ({ head: [], lines: new Map() });

/**
 * The format allows a metric's HELP and TYPE only once, and every series too: of one that several tell, such as the
 * services of one process, the first counts.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const blocks = new Map<string, Block>();
  for (const text of texts) {
    // Series without a head are a block of their own.
    let current = blocks.get("") ?? block();
    blocks.set("", current);
    for (const line of text.split("\n")) {
      const named = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (named !== undefined) {
        current = blocks.get(named) ?? block();
        blocks.set(named, current);
        if (current.lines.size === 0 && !current.head.includes(line)) current.head.push(line);
      } else if (line !== "" && !line.startsWith("#")) {
        const series = line.slice(0, line.lastIndexOf(" "));
        if (!current.lines.has(series)) current.lines.set(series, line);
      }
    }
  }
  const told = [...blocks.values()].filter(({ head, lines }) => head.length + lines.size > 0);
  return told.map(({ head, lines }) => `${[...head, ...lines.values()].join("\n")}\n`).join("");
}

/** Adds a label to every series. */
export const withLabel = (text: string, name: string, value: string): string =>
  text.replace(
    /^(?!#)([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (.*)$/gm,
    (_line, metric: string, labels: string, rest: string) => {
      const all = [...(labels ? [labels] : []), `${name}=${JSON.stringify(value)}`];
      return `${metric}{${all.join(",")}} ${rest}`;
    },
  );
