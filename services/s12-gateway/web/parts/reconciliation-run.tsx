/** One reconciliation: what both sides said, what differed, and what was done about each difference. */
import { useMemo } from "react";
import type { Reconciliation } from "../../../../shared/streams.ts";
import { percentText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "./data-table.tsx";
import { Duration, Figure, Pair, When } from "./figures.tsx";
import { InstrumentLink, OrderLink } from "./links.tsx";
import { Empty, Panel } from "./states.tsx";

export type Item = Reconciliation["items"][number];

export function RunPanel({ run }: { run: Reconciliation }) {
  const { t } = useText();
  const { summary } = run;
  return (
    <Panel
      id="run"
      className="run-panel"
      title={t("recon.run", { id: run.run_id })}
      aside={
        <span className="status" data-status={run.status}>
          {t(`recon_status.${run.status}`)}
        </span>
      }
    >
      <p className="run-words">{runWords(t, run)}</p>
      {run.message ? <p className="run-words form-error">{t.say(run.message)}</p> : null}
      <dl className="pairs run-figures">
        <Pair label={t("recon.started")}>
          <When ts={run.started_at} day />
        </Pair>
        <Pair label={t("recon.took")}>
          <Duration ms={run.ended_at - run.started_at} />
        </Pair>
        <Pair label={t("recon.agreement")}>
          <Figure>{percentText(summary.agreement, 2)}</Figure>
        </Pair>
        <Pair label={t("recon.checked_orders")}>
          <Figure>{String(summary.checked_orders)}</Figure>
        </Pair>
        <Pair label={t("recon.checked_positions")}>
          <Figure>{String(summary.checked_positions)}</Figure>
        </Pair>
        <Pair label={t("recon.policy")}>{t(`orphan.${run.orphan_policy}`)}</Pair>
        <Pair label={t("recon.adopted")}>
          <Figure>{String(summary.adopted)}</Figure>
        </Pair>
        <Pair label={t("recon.closed")}>
          <Figure>{String(summary.closed)}</Figure>
        </Pair>
        <Pair label={t("recon.fixed")}>
          <Figure>{String(summary.fixed)}</Figure>
        </Pair>
      </dl>
      <ItemsTable items={run.items} />
    </Panel>
  );
}

function runWords(t: Translate, run: Reconciliation): string {
  const params = { mode: t(`recon_mode.${run.mode}`), cause: t(`recon_cause.${run.cause}`), count: run.items.length };
  if (run.items.length === 0) return t("recon.words.none", params);
  return t(run.dry_run ? "recon.words.dry" : "recon.words.some", params);
}

export function ItemsTable({ items }: { items: readonly Item[] }) {
  const { t } = useText();
  const columns = useMemo(() => itemColumns(t), [t]);
  if (items.length === 0) return <Empty>{t("recon.agree")}</Empty>;
  const rows = items.map((item, index) => ({ ...item, row: String(index) }));
  return (
    <div className="scroll-x">
      <DataTable caption={t("recon.items")} columns={columns} rows={rows} rowId={(item) => item.row} />
    </div>
  );
}

const isOrder = (item: Item): boolean => item.type.startsWith("ORDER_") && !item.ref.includes(":");

function itemColumns(t: Translate): Column<Item & { row: string }>[] {
  return [
    column("type", t("recon.difference"), { value: (i) => i.type, cell: (i) => codeText(t, "recon_type", i.type) }),
    column("instrument", t("column.instrument"), {
      value: (i) => i.instrument,
      cell: (i) => <InstrumentLink instrument={i.instrument} />,
    }),
    column("ref", t("recon.ref"), {
      value: (i) => i.ref,
      cell: (i) => (isOrder(i) ? <OrderLink id={i.ref} /> : <code>{i.ref}</code>),
    }),
    column("before", t("recon.before"), { value: (i) => i.before, cell: (i) => <Figure>{i.before || "–"}</Figure> }),
    column("after", t("recon.after"), { value: (i) => i.after, cell: (i) => <Figure>{i.after || "–"}</Figure> }),
    column("action", t("recon.action"), { value: (i) => i.action, cell: (i) => codeText(t, "recon_action", i.action) }),
    column("outcome", t("recon.outcome"), {
      value: (i) => i.outcome,
      cell: (i) => (
        <span className="status" data-status={i.outcome} title={i.detail && t.say(i.detail)}>
          {t(`recon_outcome.${i.outcome}`)}
        </span>
      ),
    }),
  ];
}
