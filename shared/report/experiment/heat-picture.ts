/** Trials as a map of colours: the mean of the objective at each pair of values, or a line of them for one alone. */
import { at, type Box, picture } from "../axes.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { HEAT_STEPS, type HeatMap, shortPath, valueText } from "./heat-map.ts";

const LEFT = 150;
const TOP = 8;
const FOOT = 42;
const CELL_HEIGHT = 26;
const WIDTH = 460;
/** Narrower cells have no figure in them. */
const FIGURE_WIDTH = 34;

export interface HeatPicture {
  readonly map: HeatMap;
  /** Of what. */
  readonly figure: string;
  /** Where what was chosen lies. */
  readonly chosen?: { readonly x: string; readonly y?: string };
}

export function heatPicture({ map, figure, chosen }: HeatPicture): Markup {
  const columns = map.x.labels.length;
  const rows = map.y?.labels.length ?? 1;
  if (columns === 0) return NOTHING;
  const width = Math.max(12, Math.min(64, (WIDTH - LEFT - 10) / columns));
  const box: Box = {
    ...{ width: Math.ceil(LEFT + columns * width + 10), height: TOP + rows * CELL_HEIGHT + FOOT },
    ...{ left: LEFT, right: 10, top: TOP, bottom: FOOT },
  };
  const cells = map.cells.map(({ column, row, mean, trials, step }) => {
    const [x, y] = [LEFT + column * width, TOP + (rows - 1 - row) * CELL_HEIGHT];
    const isChosen = chosen?.x === map.x.labels[column] && (map.y === undefined || chosen?.y === map.y.labels[row]);
    const said = mean === null ? "–" : valueText(Number(mean.toPrecision(3)));
    const name = `${map.x.labels[column]}${map.y === undefined ? "" : `, ${map.y.labels[row]}`}: ${said} of ${trials}`;
    const text =
      width >= FIGURE_WIDTH &&
      html`<text class="${step > HEAT_STEPS / 2 ? "on" : "off"}" x="${at(x + width / 2)}" y="${at(y + 17)}" text-anchor="middle">${said}</text>`;
    return html`<g class="heat"><rect class="${mean === null ? "none" : `heat-${step}`}${isChosen ? " chosen" : ""}" x="${at(x + 1)}" y="${at(y + 1)}" width="${at(width - 2)}" height="${CELL_HEIGHT - 2}"><title>${name}</title></rect>${text}</g>`;
  });
  return picture(box, `${figure} by ${namesOf(map)}`, html`${cells}${axesOf(map, { box, width, rows })}`);
}

const namesOf = ({ x, y }: HeatMap): string =>
  y ? `${shortPath(x.path)} and ${shortPath(y.path)}` : shortPath(x.path);

const LABEL_WIDTH = 34;
function axesOf({ x, y }: HeatMap, { box, width, rows }: { box: Box; width: number; rows: number }): Markup {
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / width));
  const foot = TOP + rows * CELL_HEIGHT;
  const across = x.labels.map((label, column) =>
    column % every === 0
      ? html`<text class="axis" x="${at(LEFT + (column + 0.5) * width)}" y="${foot + 14}" text-anchor="middle">${label}</text>`
      : NOTHING,
  );
  const down = (y?.labels ?? []).map(
    (label, row) =>
      html`<text class="axis" x="${LEFT - 6}" y="${at(TOP + (rows - 1 - row) * CELL_HEIGHT + 17)}" text-anchor="end">${label}</text>`,
  );
  const names = html`<text class="name" x="${at((LEFT + box.width - 10) / 2)}" y="${foot + 32}" text-anchor="middle">${shortPath(x.path)}</text>${y && html`<text class="name" x="4" y="${TOP + 12}">${shortPath(y.path)}</text>`}`;
  return html`${across}${down}${names}`;
}
