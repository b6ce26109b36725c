/** Where the services stand in the picture of calls, and how their edges run. */
import type { CallEdge } from "../../../../shared/domain/watching.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}
export const VIEW = { width: 640, height: 340 } as const;

/** From the exchange on the left through deciding and trading to the people on the right; those who learn below. */
const COLUMNS: readonly (readonly string[])[] = [
  ["s01", "s09"],
  ["s02", "s07"],
  ["s03", "s08"],
  ["s04", "s05"],
  ["s06", "s10"],
  ["s12", "s11"],
];
const TOP = 70;
const BETWEEN = 200;
export const NODE = { width: 76, height: 34 } as const;

export const PLACES: ReadonlyMap<string, Place> = new Map(
  COLUMNS.flatMap((column, i) =>
    column.map((id, row): [string, Place] => [
      id,
      { x: 56 + i * ((VIEW.width - 112) / (COLUMNS.length - 1)), y: TOP + row * BETWEEN },
    ]),
  ),
);

export interface DrawnEdge {
  readonly edge: CallEdge;
  readonly path: string;
  readonly width: number;
}

/** The widest is the busiest; what nobody knows the place of is not drawn. */
export function drawnEdges(edges: readonly CallEdge[]): DrawnEdge[] {
  const busiest = Math.max(1, ...edges.map(({ per_minute }) => per_minute));
  return edges.flatMap((edge) => {
    const [from, to] = [PLACES.get(edge.from), PLACES.get(edge.to)];
    if (!from || !to || edge.from === edge.to) return [];
    const width = 1 + 3 * (Math.log1p(Math.max(0, edge.per_minute)) / Math.log1p(busiest));
    return [{ edge, width, path: pathOf(from, to) }];
  });
}

/** A curve that leaves the straight line, so that both ways between two services can be told apart. */
function pathOf(from: Place, to: Place): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const [nx, ny] = [-dy / length, dx / length];
  const bend = 12 + length * 0.12;
  const middle = { x: (from.x + to.x) / 2 + nx * bend, y: (from.y + to.y) / 2 + ny * bend };
  const start = border(from, middle);
  const end = border(to, middle);
  return `M${start.x} ${start.y}Q${round(middle.x)} ${round(middle.y)} ${end.x} ${end.y}`;
}

/** Where the line from a node's middle towards a point leaves its box. */
function border({ x, y }: Place, towards: Place): Place {
  const [dx, dy] = [towards.x - x, towards.y - y];
  const share = Math.min(NODE.width / 2 / Math.max(Math.abs(dx), 1e-9), NODE.height / 2 / Math.max(Math.abs(dy), 1e-9));
  return { x: round(x + dx * share), y: round(y + dy * share) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
