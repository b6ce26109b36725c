/** Who calls whom, drawn: wide where it is busy, coloured where it fails; the same as a table below. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CallEdge } from "../../../../shared/domain/watching.ts";
import { servicesQuery } from "../api/queries.ts";
import { numberText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Age, Figure } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { callsQuery } from "./queries.ts";
import { drawnEdges, NODE, PLACES, VIEW } from "./topology-shape.ts";

export function TopologyPanel() {
  const { t } = useText();
  const query = useQuery(callsQuery);
  return (
    <Panel
      className="topology"
      title={t("wall.topology")}
      aside={<span className="muted">{t("wall.topology.window")}</span>}
    >
      <LoadedHere query={query} rows={8} what={t("wall.topology")}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t("wall.topology.none")}</Empty>
          ) : (
            <>
              <Picture edges={items} />
              <details className="topology-table">
                <summary>{t("wall.topology.table", { count: items.length })}</summary>
                <div className="scroll-x">
                  <DataTable
                    caption={t("wall.topology")}
                    columns={edgeColumns(t)}
                    rows={items}
                    rowId={({ from, to }) => `${from}/${to}`}
                  />
                </div>
              </details>
            </>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

const nameOf = (edge: CallEdge): string => `${edge.from.toUpperCase()} → ${edge.to.toUpperCase()}`;

/** Measuring all and asking for the config: everybody's, and seldom what one looks for. */
const isEverybodys = ({ from, to }: CallEdge): boolean => from === "s11" || to === "s10";

function Picture({ edges }: { edges: readonly CallEdge[] }) {
  const { t } = useText();
  const services = useQuery(servicesQuery).data?.items ?? [];
  const [node, setNode] = useState<string>();
  const drawn = drawnEdges(edges);
  const shown = node === undefined ? undefined : edges.filter(({ from, to }) => from === node || to === node);
  return (
    <figure className="topology-figure">
      <svg
        viewBox={`0 0 ${VIEW.width} ${VIEW.height}`}
        role="img"
        aria-label={t("wall.topology")}
        onPointerLeave={() => setNode(undefined)}
      >
        <defs>
          <marker
            id="call-tip"
            viewBox="0 0 6 6"
            refX="5"
            refY="3"
            markerWidth="6"
            markerHeight="6"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L6 3L0 6z" />
          </marker>
        </defs>
        {drawn.map(({ edge, path, width }) => (
          <path
            key={`${edge.from}/${edge.to}`}
            className="call"
            d={path}
            strokeWidth={width}
            markerEnd="url(#call-tip)"
            data-state={edge.planned ? (edge.errors_per_minute > 0 ? "failing" : "well") : "unplanned"}
            data-quiet={node === undefined && isEverybodys(edge) ? true : undefined}
            data-dim={node !== undefined && edge.from !== node && edge.to !== node ? true : undefined}
          >
            <title>{`${nameOf(edge)}: ${edgeWords(t, edge)}`}</title>
          </path>
        ))}
        {[...PLACES].map(([id, { x, y }]) => {
          const service = services.find((each) => each.id === id);
          return (
            <g key={id} className="call-node" data-status={service?.status} onPointerEnter={() => setNode(id)}>
              <rect x={x - NODE.width / 2} y={y - NODE.height / 2} width={NODE.width} height={NODE.height} rx="4" />
              <text x={x} y={y - 2}>
                {id.toUpperCase()}
              </text>
              <text x={x} y={y + 11} className="call-node-name">
                {service?.name.replace(/^s\d\d-/, "") ?? ""}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        {shown && node ? (
          <>
            <strong>{node.toUpperCase()}</strong>
            <ul>
              {shown.slice(0, 6).map((edge) => (
                <li key={nameOf(edge)}>
                  {nameOf(edge)} <span className="muted">{edgeWords(t, edge)}</span>
                </li>
              ))}
            </ul>
          </>
        ) : (
          <span className="muted">{t("wall.topology.hint")}</span>
        )}
      </figcaption>
    </figure>
  );
}

function edgeWords(t: Translate, { per_minute, errors_per_minute, p95_ms }: CallEdge): string {
  const words = [t("calls.per_minute", { count: numberText(per_minute, per_minute < 10 ? 1 : 0) })];
  if (p95_ms !== null) words.push(t("calls.p95", { ms: numberText(p95_ms, p95_ms < 10 ? 1 : 0) }));
  if (errors_per_minute > 0) words.push(t("calls.errors", { count: numberText(errors_per_minute, 2) }));
  return words.join(", ");
}

const edgeColumns = (t: Translate): Column<CallEdge>[] => [
  column("edge", t("calls.edge"), {
    value: nameOf,
    cell: (edge) => (
      <span data-unplanned={edge.planned ? undefined : true}>
        {nameOf(edge)} {edge.planned ? null : <span className="warn-text">{t("calls.unplanned")}</span>}
      </span>
    ),
  }),
  column("rate", t("calls.rate"), {
    value: (edge) => edge.per_minute,
    cell: (edge) => <Figure>{numberText(edge.per_minute, 1)}</Figure>,
    right: true,
  }),
  column("errors", t("calls.errors_head"), {
    value: (edge) => edge.errors_per_minute,
    cell: (edge) => <Figure>{numberText(edge.errors_per_minute, 2)}</Figure>,
    right: true,
  }),
  column("mean", t("calls.mean"), {
    value: (edge) => edge.mean_ms ?? -1,
    cell: (edge) => <Figure>{edge.mean_ms === null ? "–" : `${numberText(edge.mean_ms, 1)} ms`}</Figure>,
    right: true,
  }),
  column("p95", t("calls.p95_head"), {
    value: (edge) => edge.p95_ms ?? -1,
    cell: (edge) => <Figure>{edge.p95_ms === null ? "–" : `${numberText(edge.p95_ms, 1)} ms`}</Figure>,
    right: true,
  }),
  column("last", t("calls.last"), {
    value: (edge) => edge.last_ts,
    cell: (edge) => <Age ts={edge.last_ts} />,
    right: true,
  }),
];
