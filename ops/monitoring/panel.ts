/** The parts of a Grafana dashboard: panels in rows that are laid out by themselves, queries, thresholds, variables. */

/** https://grafana.com/docs/grafana/latest/reference/: the version of the JSON that this is written for. */
export const SCHEMA_VERSION = 39;
const COLUMNS = 24;

export interface Query {
  readonly expr: string;
  /** What its series are called, with `{{label}}`. */
  readonly legend: string;
  /** Only the newest value is wanted. */
  readonly now?: boolean;
}
/** From which value on it is of which colour; the first from the beginning. */
export type Limits = readonly (readonly [from: number | null, color: "green" | "yellow" | "orange" | "red"])[];

export interface Panel {
  readonly type: "timeseries" | "stat" | "table" | "bargauge" | "heatmap";
  readonly title: string;
  readonly about: string;
  /** Grafana's name of it. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly width: number;
  readonly height: number;
  readonly limits?: Limits;
  /** Words for certain values, in their order from 0. */
  readonly words?: readonly (readonly [text: string, color: string])[];
  /** Null: as low as its values. */
  readonly min?: number | null;
  readonly max?: number;
  readonly links?: readonly Link[];
  readonly stacked?: boolean;
}
export interface Link {
  readonly title: string;
  readonly url: string;
}
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** The series whose label it is. */
  readonly metric: string;
  readonly of: string;
}
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

type Rest = Partial<Panel>;
type Asked = readonly Query[] | Query;
const listOf = (asked: Asked): readonly Query[] => ("expr" in asked ? [asked] : asked);

/** To a page of Chimera's own. */
export const page = (title: string, path: string): Link => ({ title, url: `\${page}${path}` });
export const q = (expr: string, legend = ""): Query => ({ expr, legend });
/** A line over time, a third of the page wide. */
export const line = (title: string, [about, unit, asked]: [string, string, Asked], rest: Rest = {}): Panel => ({
  ...{ type: "timeseries", title, about, unit, queries: listOf(asked), width: 8, height: 7, min: 0 },
  ...rest,
});
/** One number each. */
export const stat = (title: string, [about, unit, asked]: [string, string, Asked], rest: Rest = {}): Panel => ({
  ...{ type: "stat", title, about, unit, width: 4, height: 4 },
  queries: listOf(asked).map((query) => ({ ...query, now: true })),
  ...rest,
});
export const table = (title: string, [about, unit, asked]: [string, string, Asked], rest: Rest = {}): Panel => ({
  ...{ type: "table", title, about, unit, width: 12, height: 8 },
  queries: listOf(asked).map((query) => ({ ...query, now: true })),
  ...rest,
});

const SOURCE = { type: "prometheus", uid: "$datasource" } as const;

/** As Grafana takes it. */
export function dashboardJson({ uid, title, about, variables, rows }: Dashboard): object {
  return {
    ...{ uid, title, description: about, tags: ["chimera"], schemaVersion: SCHEMA_VERSION, version: 1, id: null },
    ...{ editable: true, graphTooltip: 1, timezone: "utc", refresh: "15s", time: { from: "now-3h", to: "now" } },
    annotations: { list: [] },
    links: [
      {
        ...{ type: "dashboards", title: "Chimera", tags: ["chimera"], asDropdown: true, includeVars: false },
        ...{ keepTime: true, targetBlank: false, icon: "external link", tooltip: "", url: "" },
      },
    ],
    templating: { list: [sourceVariable, pageVariable, ...variables.map(variableJson)] },
    panels: laidOut(rows),
  };
}

const sourceVariable = {
  ...{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", regex: "", hide: 0 },
  ...{ includeAll: false, multi: false, options: [], refresh: 1, current: {} },
};
/** Where people open Chimera's own page, for links to it. */
const pageVariable = {
  ...{ name: "page", label: "Chimera's page", type: "textbox", hide: 0, query: "http://127.0.0.1:8092" },
  ...{ current: { text: "http://127.0.0.1:8092", value: "http://127.0.0.1:8092" }, options: [] },
};
const variableJson = ({ name, label, metric, of }: Variable) => ({
  ...{ name, label, type: "query", datasource: SOURCE, definition: `label_values(${metric}, ${of})` },
  query: { query: `label_values(${metric}, ${of})`, refId: `Variable-${name}` },
  ...{ includeAll: true, allValue: ".*", multi: true, refresh: 2, sort: 1, hide: 0, regex: "", options: [] },
  current: { selected: true, text: ["All"], value: ["$__all"] },
});

/** Row after row, panels from left to right, none over another. */
function laidOut(rows: readonly Row[]): object[] {
  let [id, y] = [0, 0];
  return rows.flatMap(({ title, panels }) => {
    const head = { id: ++id, type: "row", title, collapsed: false, gridPos: { x: 0, y, w: COLUMNS, h: 1 }, panels: [] };
    y++;
    let [x, tallest] = [0, 0];
    const placed = panels.map((panel) => {
      if (x + panel.width > COLUMNS) {
        y += tallest;
        [x, tallest] = [0, 0];
      }
      const gridPos = { x, y, w: panel.width, h: panel.height };
      x += panel.width;
      tallest = Math.max(tallest, panel.height);
      return panelJson(panel, ++id, gridPos);
    });
    y += tallest;
    return [head, ...placed];
  });
}

const REFS = "ABCDEFGH";

function panelJson(panel: Panel, id: number, gridPos: object): object {
  const { type, title, about, unit, queries, min, max, links = [] } = panel;
  return {
    ...{ id, type, title, description: about, gridPos, datasource: SOURCE },
    targets: queries.map(({ expr, legend, now = false }, at) => ({
      ...{ refId: REFS[at], datasource: SOURCE, expr, legendFormat: legend || "__auto", editorMode: "code" },
      ...{ instant: now, range: !now, format: type === "table" ? "table" : "time_series" },
    })),
    fieldConfig: {
      defaults: {
        ...{ unit, ...(typeof min === "number" && { min }), ...(max !== undefined && { max }) },
        color: { mode: type === "timeseries" ? "palette-classic" : "thresholds" },
        thresholds: { mode: "absolute", steps: stepsOf(panel.limits) },
        mappings: panel.words ? [wordsJson(panel.words)] : [],
        ...(type === "timeseries" && { custom: lineStyle(panel) }),
      },
      overrides: [],
    },
    options: optionsOf(type),
    links: links.map((link) => ({ ...link, targetBlank: true })),
    transformations: type === "table" ? TABLE_SHAPE : [],
  };
}

const stepsOf = (limits: Limits = [[null, "green"]]) => limits.map(([value, color]) => ({ value, color }));
const wordsJson = (words: NonNullable<Panel["words"]>) => ({
  type: "value",
  options: Object.fromEntries(words.map(([text, color], index) => [String(index), { text, color, index }])),
});
const lineStyle = ({ stacked = false, limits }: Panel) => ({
  ...{ drawStyle: "line", lineWidth: 1, fillOpacity: stacked ? 30 : 8, showPoints: "never", spanNulls: false },
  stacking: { mode: stacked ? "normal" : "none", group: "A" },
  thresholdsStyle: { mode: limits ? "line" : "off" },
});
/** One row a series: its labels and its value. */
const TABLE_SHAPE = [
  { id: "merge", options: {} },
  { id: "organize", options: { excludeByName: { Time: true, job: true, instance: true }, renameByName: {} } },
];

function optionsOf(type: Panel["type"]): object {
  const reduced = { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false } };
  if (type === "stat") return { ...reduced, colorMode: "background", graphMode: "area", textMode: "auto" };
  if (type === "bargauge") return { ...reduced, displayMode: "gradient", orientation: "horizontal" };
  if (type === "table") return { showHeader: true, cellHeight: "sm" };
  return {
    legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
    tooltip: { mode: "multi", sort: "desc" },
  };
}
