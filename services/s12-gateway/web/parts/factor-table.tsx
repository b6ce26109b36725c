/** Every active factor of an instrument: its value now, the last minutes, where it stands in its range, and its state. */
import { memo, useMemo } from "react";
import type { FactorFamily, FeaturesAnswer } from "../../../../shared/client/gen/types.ts";
import { percentText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { familyOf, unitOf } from "../state/factor-families.ts";
import { type Point, placeIn, SPARK, sparkOf } from "../state/factor-track.ts";
import { plainNumber } from "../stories/words.ts";
import { useAsked } from "./asked-fields.tsx";
import { type Column, column, DataTable } from "./data-table.tsx";
import { Figure } from "./figures.tsx";
import { PlaceLink } from "./links.tsx";

export type Standing = FeaturesAnswer["missing"][number]["why"];
export interface FactorRow {
  readonly id: string;
  readonly family: FactorFamily | undefined;
  readonly value: number | null;
  readonly standing: Standing;
  readonly points: readonly Point[];
  /** Exchange time of the newest features. */
  readonly toTs: number;
}

interface FactorTableProps {
  rows: readonly FactorRow[];
  narrow: boolean;
  openId: string | undefined;
  /** Nothing new comes, or what comes is not to be trusted. */
  isStale: boolean;
}

const PHONE_COLUMNS = ["id", "value", "spark", "standing"];

export function FactorTable({ rows, narrow, openId, isStale }: FactorTableProps) {
  const { t } = useText();
  const { ask } = useAsked();
  const columns = useMemo(() => columnsOf(t).filter(({ id }) => !narrow || PHONE_COLUMNS.includes(id)), [t, narrow]);
  return (
    <div className="scroll-x factor-table" data-stale={isStale || undefined}>
      <DataTable
        caption={t("page.factors")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        onOpen={(row) => ask({ what: row.id })}
        {...(openId !== undefined && { openId })}
      />
    </div>
  );
}

export const factorRow = (
  id: string,
  families: readonly FactorFamily[],
  rest: Omit<FactorRow, "id" | "family">,
): FactorRow => ({
  id,
  family: familyOf(id, families),
  ...rest,
});

function columnsOf(t: Translate): Column<FactorRow>[] {
  return [
    column("id", t("factors.id"), { value: (row) => row.id, cell: (row) => <FactorLink id={row.id} /> }),
    column("value", t("factors.value"), {
      value: (row) => row.value ?? Number.NEGATIVE_INFINITY,
      cell: (row) => <Value row={row} />,
      right: true,
    }),
    column("spark", t("factors.minutes"), {
      value: (row) => row.points.length,
      cell: (row) => <Sparkline id={row.id} points={row.points} toTs={row.toTs} />,
    }),
    column("range", t("factors.range"), {
      value: (row) => placeIn(row.value, row.family?.range ?? [null, null]) ?? -1,
      cell: (row) => <InRange row={row} />,
    }),
    column("standing", t("factors.state"), {
      value: (row) => row.standing,
      cell: (row) => (
        <span className="standing" data-standing={row.standing}>
          {row.standing === "known" ? "✓" : "!"} {t(`standing.${row.standing}`)}
        </span>
      ),
    }),
    column("frequency", t("factors.frequency"), {
      value: (row) => row.family?.frequency ?? "",
      cell: (row) => <span className="muted">{row.family ? t(`frequency.${row.family.frequency}`) : "–"}</span>,
    }),
  ];
}

function FactorLink({ id }: { id: string }) {
  const { asked } = useAsked();
  return (
    <PlaceLink to={{ asked: { ...asked, what: id } }} isHere={asked.what === id}>
      <code>{id}</code>
    </PlaceLink>
  );
}

function Value({ row: { value, family } }: { row: FactorRow }) {
  const { t } = useText();
  const unit = family && unitOf(family);
  if (value === null) return <span className="muted">{t("condition.no_value")}</span>;
  return (
    <>
      <Figure title={String(value)}>{plainNumber(value)}</Figure>
      <span className="unit factor-unit">{unit ? t(`unit.${unit}`) : ""}</span>
    </>
  );
}

interface SparklineProps {
  id: string;
  points: readonly Point[];
  toTs: number;
}

const Sparkline = memo(function Sparkline({ id, points, toTs }: SparklineProps) {
  const { t } = useText();
  const spark = sparkOf(points, toTs);
  if (!spark) return <span className="spark" />;
  const said = t("factors.spark", { factor: id, low: plainNumber(spark.low), high: plainNumber(spark.high) });
  return (
    <svg className="spark" viewBox={`0 0 ${SPARK.width} ${SPARK.height}`} role="img" aria-label={said}>
      <title>{said}</title>
      {spark.lines.map((line) => (
        <polyline key={line.slice(0, 12)} points={line} />
      ))}
    </svg>
  );
});

/** Its place where both ends are known, else the end that there is. */
function InRange({ row: { value, family } }: { row: FactorRow }) {
  if (!family) return null;
  const place = placeIn(value, family.range);
  const text = rangeText(family.range);
  if (place === undefined) return <span className="muted">{text}</span>;
  return (
    <span className="in-range">
      <svg className="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={percentText(place, 0)}>
        <rect className="bar-room" width={100} height={8} />
        <rect className="bar-value" x={Math.min(98, place * 98)} width={2.5} height={8} />
      </svg>
      <span className="muted">{text}</span>
    </span>
  );
}

export function rangeText([low, high]: FactorFamily["range"]): string {
  if (low === null && high === null) return "–";
  if (high === null) return `≥ ${plainNumber(low ?? 0)}`;
  if (low === null) return `≤ ${plainNumber(high)}`;
  return `${plainNumber(low)} … ${plainNumber(high)}`;
}
