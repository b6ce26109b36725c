/** The labels page: what signals earned by a horizon, as small pictures by reason, rule and regime, and what is missing. */
import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import {
  horizonOf,
  kindOf,
  LABEL_HORIZONS,
  LABEL_KINDS,
  LABELS_BY,
  type LabelCoverage,
  type LabelSpread,
  labelCoverageQuery,
  labelSummaryQuery,
  labelsPath,
} from "../api/label-queries.ts";
import { directionOf, percentText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { codeText, MESSAGES, type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, useAsked } from "../parts/asked-fields.tsx";
import { CsvButton } from "../parts/csv-button.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { askedOf } from "../state/asked.ts";
import { columnsOf, PICTURE } from "../state/label-spread.ts";
import { useLive } from "../state/live.ts";

export function LabelsPage() {
  const { t } = useText();
  return (
    <main className="page labels-page" aria-label={t("page.labels")}>
      <SpreadPanel />
      <CoveragePanel />
    </main>
  );
}

function SpreadPanel() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const by = askedOf(asked.by, LABELS_BY) || "reason";
  const query = useQuery(labelSummaryQuery(asked));
  const columns = useMemo(() => spreadColumns(t), [t]);
  return (
    <Panel
      className="page-panel"
      title={t("page.labels")}
      aside={<CsvButton path={labelsPath(asked)} name={`labels-${horizonOf(asked)}h`} />}
    >
      <search className="filters">
        <Switch
          label={t("labels.horizon")}
          value={horizonOf(asked)}
          choices={LABEL_HORIZONS.map((each) => [each, t("labels.hours", { h: each })])}
          onChoose={(state) => ask({ state: state === "12" ? "" : state })}
        />
        <Switch
          label={t("labels.kind")}
          value={kindOf(asked)}
          choices={LABEL_KINDS.map((each) => [each, t(`labels.kind.${each}`)])}
          onChoose={(result) => ask({ result: result === "all" ? "" : result })}
        />
        <Switch
          label={t("labels.by")}
          value={by}
          choices={LABELS_BY.map((each) => [each, t(`labels.by.${each}`)])}
          onChoose={(next) => ask({ by: next === "reason" ? "" : next })}
        />
        <DayField name="from" label={t("filter.from")} />
        <DayField name="to" label={t("filter.to")} />
        <ClearAsked />
      </search>
      <LoadedHere query={query} rows={8} what={t("page.labels")}>
        {({ labels, is_part, first_due_at, items }) =>
          labels === 0 ? (
            <NoLabels firstDueAt={first_due_at} />
          ) : (
            <div className="scroll-x">
              {is_part ? <p className="muted">{t("labels.part", { count: labels })}</p> : null}
              <DataTable
                caption={t("page.labels")}
                columns={columns}
                rows={items.filter((row) => row.by === "all" || row.by === by)}
                rowId={(row) => `${row.by}/${row.key}`}
              />
            </div>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function NoLabels({ firstDueAt }: { firstDueAt: number | undefined }) {
  const { t, locale } = useText();
  const { asked } = useAsked();
  const serverNow = useLive().serverNow();
  const h = horizonOf(asked);
  if (firstDueAt === undefined) return <Empty>{t("labels.no_signals", { h })}</Empty>;
  if (firstDueAt <= serverNow) return <Empty>{t("labels.none_fit")}</Empty>;
  return <Empty>{t("labels.due_at", { h, time: dayClockText(firstDueAt, locale) })}</Empty>;
}

interface SwitchProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, text: string])[];
  onChoose: (value: T) => void;
}

function Switch<T extends string>({ label, value, choices, onChoose }: SwitchProps<T>) {
  return (
    <ToggleGroup
      className="switch"
      value={[value]}
      onValueChange={([next]) => next && onChoose(next as T)}
      aria-label={label}
    >
      {choices.map(([choice, text]) => (
        <Toggle key={choice} value={choice} className="switch-item">
          {text}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

function spreadColumns(t: Translate): Column<LabelSpread>[] {
  const share = (id: "pos" | "neutral" | "neg") =>
    column<LabelSpread>(id, t(`labels.class.${id}`), {
      value: (row) => row[id] / row.count,
      cell: (row) => <Figure title={String(row[id])}>{percentText(row[id] / row.count, 0)}</Figure>,
      right: true,
    });
  const roi = (id: "mean" | "q1" | "median" | "q3") =>
    column<LabelSpread>(id, t(`labels.${id}`), {
      value: (row) => row[id],
      cell: (row) => <Figure tone={directionOf(row[id])}>{percentText(row[id], 2, true)}</Figure>,
      right: true,
    });
  return [
    column("key", t("labels.key"), {
      value: (row) => row.key,
      cell: (row) => <Key row={row} />,
    }),
    column("count", t("labels.count"), {
      value: (row) => row.count,
      cell: (row) => <Figure title={t("labels.imagined", { count: row.counterfactual })}>{String(row.count)}</Figure>,
      right: true,
    }),
    column("imagined", t("labels.kind.imagined"), {
      value: (row) => row.counterfactual,
      cell: (row) => <Figure>{String(row.counterfactual)}</Figure>,
      right: true,
    }),
    column("picture", t("labels.spread"), { value: (row) => row.mean, cell: (row) => <Picture row={row} /> }),
    ...[share("pos"), share("neutral"), share("neg")],
    ...[roi("mean"), roi("q1"), roi("median"), roi("q3")],
  ];
}

/** A reason that is a rule's has no words of its own: then its id stands as it is. */
function Key({ row: { by, key } }: { row: LabelSpread }) {
  const { t } = useText();
  if (by === "all") return <strong>{t("labels.all")}</strong>;
  if (by === "reason" && Object.hasOwn(MESSAGES.en, `reason.${key}`)) {
    return <span title={key}>{codeText(t, "reason", key)}</span>;
  }
  return <code>{key}</code>;
}

function Picture({ row }: { row: LabelSpread }) {
  const { t } = useText();
  const told = { key: row.key, neg: row.neg, neutral: row.neutral, pos: row.pos };
  return (
    <svg
      className="label-picture"
      viewBox={`0 0 ${PICTURE.width} ${PICTURE.height}`}
      role="img"
      aria-label={t("labels.picture", told)}
    >
      {columnsOf(row.histogram).map(({ tone, ...rect }) => (
        <rect key={rect.x} data-tone={tone} {...rect} />
      ))}
    </svg>
  );
}

function CoveragePanel() {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useQuery(labelCoverageQuery(asked));
  const horizon = Number(horizonOf(asked));
  const columns = useMemo(() => coverageColumns(t), [t]);
  return (
    <Panel className="label-coverage" title={t("labels.coverage", { h: horizon })}>
      <LoadedHere query={query} rows={4} what={t("page.labels")}>
        {(days) => (
          <div className="scroll-x">
            <DataTable
              caption={t("labels.coverage", { h: horizon })}
              columns={columns}
              rows={sinceFirst(days.filter((row) => row.horizon_h === horizon))}
              rowId={(row) => row.day}
            />
          </div>
        )}
      </LoadedHere>
    </Panel>
  );
}

/** Newest first, up to the day of the first signal; that nothing was before it says nothing. */
const sinceFirst = (days: readonly LabelCoverage[]): readonly LabelCoverage[] =>
  days.slice(0, Math.max(1, days.findLastIndex(({ signals }) => signals > 0) + 1));

function coverageColumns(t: Translate): Column<LabelCoverage>[] {
  const count = (id: "signals" | "due" | "labelled" | "without_side") =>
    column<LabelCoverage>(id, t(`labels.${id}`), {
      value: (row) => row[id],
      cell: (row) => <Figure>{String(row[id])}</Figure>,
      right: true,
    });
  return [
    column("day", t("statements.day"), { value: (row) => row.day, cell: (row) => <Figure>{row.day}</Figure> }),
    ...[count("signals"), count("due"), count("labelled"), count("without_side")],
    column("missing", t("labels.missing"), {
      value: (row) => row.missing,
      cell: (row) => (
        <Figure tone={row.missing > 0 ? "down" : undefined} title={whyMissing(row) || undefined}>
          {String(row.missing)}
        </Figure>
      ),
      right: true,
    }),
  ];
}

const whyMissing = ({ reasons }: LabelCoverage): string =>
  Object.entries(reasons)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");
