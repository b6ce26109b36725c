/** What a model weighs and how its folds came out, as tables with small bars. */
import { useMemo } from "react";
import type { ModelCurves } from "../../../../shared/domain/training.ts";
import { directionOf, numberText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure } from "../parts/figures.tsx";
import { Empty } from "../parts/states.tsx";

type Weight = ModelCurves["weights"][number];
type Fold = ModelCurves["folds"][number];

const DIGITS = 4;
const short = (value: number): string => String(Number(value.toPrecision(DIGITS))).replace("-", "−");

export function WeightTable({ weights }: { weights: readonly Weight[] }) {
  const { t } = useText();
  const most = Math.max(...weights.map(({ standardised }) => Math.abs(standardised)), 1e-9);
  const columns = useMemo(() => weightColumns(t, most), [t, most]);
  return (
    <div className="scroll-x">
      <DataTable caption={t("model.weights")} columns={columns} rows={weights} rowId={({ feature }) => feature} />
    </div>
  );
}

function weightColumns(t: Translate, most: number): Column<Weight>[] {
  const number = (id: "weight" | "mean" | "deviation") =>
    column<Weight>(id, t(`model.${id}`), {
      value: (row) => row[id],
      cell: (row) => <Figure>{short(row[id])}</Figure>,
      right: true,
    });
  return [
    column("feature", t("models.input"), { value: (row) => row.feature, cell: (row) => <code>{row.feature}</code> }),
    column("picture", t("model.pull"), {
      value: (row) => Math.abs(row.standardised),
      cell: (row) => <Pull share={row.standardised / most} />,
    }),
    column("standardised", t("model.standardised"), {
      value: (row) => row.standardised,
      cell: (row) => <Figure tone={directionOf(row.standardised)}>{short(row.standardised)}</Figure>,
      right: true,
    }),
    ...[number("weight"), number("mean"), number("deviation")],
  ];
}

/** To the right for a gain, to the left against it. */
function Pull({ share }: { share: number }) {
  const width = Math.max(0.5, Math.abs(share) * 50);
  return (
    <svg className="net-bar result-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="result-middle" x="49.6" y="0" width="0.8" height="10" />
      <rect data-tone={directionOf(share)} x={share < 0 ? 50 - width : 50} y="1.5" width={width} height="7" />
    </svg>
  );
}

export function FoldTable({ folds }: { folds: readonly Fold[] }) {
  const { t, locale } = useText();
  const columns = useMemo(() => foldColumns(t, locale), [t, locale]);
  if (folds.length === 0) return <Empty>{t("model.no_folds")}</Empty>;
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("model.folds")}
        columns={columns}
        rows={folds}
        rowId={({ from_ts, to_ts }) => `${from_ts}/${to_ts}`}
      />
    </div>
  );
}

function foldColumns(t: Translate, locale: string): Column<Fold>[] {
  const figure = (id: "auc" | "brier" | "log_loss") =>
    column<Fold>(id, t(`model.${id}`), {
      value: (row) => row[id] ?? Number.NEGATIVE_INFINITY,
      cell: (row) => <Figure>{numberText(row[id], 3)}</Figure>,
      right: true,
    });
  const count = (id: "train_rows" | "test_rows" | "positives" | "purged", header: string) =>
    column<Fold>(id, header, {
      value: (row) => row[id],
      cell: (row) => <Figure>{String(row[id])}</Figure>,
      right: true,
    });
  return [
    column("window", t("folds.judged"), {
      value: (row) => row.from_ts,
      cell: (row) => <Figure>{`${dayClockText(row.from_ts, locale)} – ${dayClockText(row.to_ts, locale)}`}</Figure>,
    }),
    ...[figure("auc"), figure("brier"), figure("log_loss")],
    count("train_rows", t("model.fold_train")),
    count("test_rows", t("model.fold_test")),
    count("positives", t("labels.class.pos")),
    count("purged", t("model.purged")),
    column("thin", t("model.standing"), {
      value: (row) => Number(row.is_thin),
      cell: (row) => (row.is_thin ? <span className="warn-text">{t("model.thin")}</span> : t("model.enough")),
    }),
  ];
}
