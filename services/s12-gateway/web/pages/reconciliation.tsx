/** The reconciliation page: how far our books and the exchange agree, run by run, and running one now. */
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import type { Reconciliation } from "../../../../shared/streams.ts";
import { reconciliationsQuery } from "../api/page-queries.ts";
import { ORPHAN_POLICIES, RECONCILIATION_MODES, type ReconcileAnswer, type ReconcileRequest } from "../api/shapes.ts";
import { percentText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Act, ActDialog, type Told } from "../parts/act-dialog.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Duration, Figure, When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { ItemsTable, RunPanel } from "../parts/reconciliation-run.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { reconcile } from "../state/acts.ts";
import { addressStore, go } from "../state/address.ts";
import { mayAct, useMe } from "../state/me.ts";
import { useStore } from "../state/store.ts";

export function ReconciliationPage() {
  const { t } = useText();
  const id = useStore(addressStore, (address) => address.id);
  const query = useQuery(reconciliationsQuery);
  const run = query.data?.find((each) => each.run_id === id) ?? (id === "" ? query.data?.[0] : undefined);
  return (
    <main className="page recon-page" aria-label={t("page.reconciliation")}>
      <Panel className="page-panel recon-runs" title={t("recon.runs")}>
        <RunNow />
        <LoadedHere query={query} rows={8} what={t("page.reconciliation")}>
          {(runs) =>
            runs.length === 0 ? <Empty>{t("recon.empty")}</Empty> : <RunsTable runs={runs} openId={run?.run_id ?? ""} />
          }
        </LoadedHere>
      </Panel>
      {run ? <RunPanel run={run} /> : null}
      {id !== "" && query.data && !run ? <Empty>{t("story.gone")}</Empty> : null}
    </main>
  );
}

function RunsTable({ runs, openId }: { runs: readonly Reconciliation[]; openId: string }) {
  const { t } = useText();
  const columns = useMemo(() => runColumns(t), [t]);
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("recon.runs")}
        columns={columns}
        rows={runs}
        rowId={(run) => run.run_id}
        onOpen={(run) => go({ id: run.run_id })}
        openId={openId}
      />
    </div>
  );
}

function runColumns(t: Translate): Column<Reconciliation>[] {
  const count = (id: string, header: string, value: (run: Reconciliation) => number) =>
    column<Reconciliation>(id, header, { value, cell: (run) => <Figure>{String(value(run))}</Figure>, right: true });
  return [
    column("time", t("column.time"), {
      value: (r) => r.started_at,
      cell: (r) => (
        <button type="button" className="link" onClick={() => go({ id: r.run_id })}>
          <When ts={r.started_at} day />
        </button>
      ),
    }),
    column("mode", t("recon.mode"), { value: (r) => r.mode, cell: (r) => t(`recon_mode.${r.mode}`) }),
    column("cause", t("recon.cause"), {
      value: (r) => r.cause,
      cell: (r) => (r.dry_run ? t("recon.dry", { cause: t(`recon_cause.${r.cause}`) }) : t(`recon_cause.${r.cause}`)),
    }),
    column("status", t("column.status"), {
      value: (r) => r.status,
      cell: (r) => (
        <span className="status" data-status={r.status} title={r.message && t.say(r.message)}>
          {t(`recon_status.${r.status}`)}
        </span>
      ),
    }),
    column("agreement", t("recon.agreement"), {
      value: (r) => r.summary.agreement,
      cell: (r) => (
        <span className="agreement">
          <meter
            className="gauge"
            min={0}
            max={1}
            low={0.99}
            high={0.999}
            optimum={1}
            value={r.summary.agreement}
            aria-hidden="true"
          />
          <Figure>{percentText(r.summary.agreement, 2)}</Figure>
        </span>
      ),
      right: true,
    }),
    count("orders", t("recon.checked_orders"), (r) => r.summary.checked_orders),
    count("positions", t("recon.checked_positions"), (r) => r.summary.checked_positions),
    count("found", t("recon.found"), (r) => r.items.length),
    count("fixed", t("recon.mended"), ({ summary: s }) => s.adopted + s.closed + s.fixed),
    column("took", t("recon.took"), {
      value: (r) => r.ended_at - r.started_at,
      cell: (r) => <Duration ms={r.ended_at - r.started_at} />,
      right: true,
    }),
  ];
}

const WINDOW_H_MAX = 168;

function RunNow() {
  const { t } = useText();
  const me = useMe();
  const id = useId();
  const [mode, setMode] = useState<ReconcileRequest["mode"]>("ALL");
  const [policy, setPolicy] = useState<ReconcileRequest["orphan_policy"]>("CONSERVATIVE");
  const [hours, setHours] = useState("72");
  const [act, setAct] = useState<Act>();
  const time_window_h = Number(hours);
  const fits = Number.isInteger(time_window_h) && time_window_h >= 1 && time_window_h <= WINDOW_H_MAX;
  return (
    <form
      className="filters"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) setAct(reconcileAct(t, { mode, orphan_policy: policy, time_window_h }));
      }}
    >
      <Select
        label={t("recon.mode")}
        value={mode}
        choices={RECONCILIATION_MODES.map((each) => [each, t(`recon_mode.${each}`)] as const)}
        onChoose={setMode}
      />
      <Select
        label={t("recon.policy")}
        value={policy}
        choices={ORPHAN_POLICIES.map((each) => [each, t(`orphan.${each}`)] as const)}
        onChoose={setPolicy}
      />
      <label className="pick" htmlFor={id}>
        <span>{t("recon.window")}</span>
        <input
          id={id}
          className="hours"
          inputMode="numeric"
          value={hours}
          aria-invalid={!fits}
          onChange={(event) => setHours(event.target.value)}
        />
      </label>
      <button type="submit" className="button" disabled={!fits || !mayAct(me)}>
        {t("recon.now")}
      </button>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </form>
  );
}

const reconcileAct = (t: Translate, request: ReconcileRequest): Act => ({
  title: t("recon.now.title"),
  plan: async () => {
    const told = toldOf(t, await reconcile(request), "recon.plan");
    return { ...told, lines: [...told.lines, t(`orphan.effect.${request.orphan_policy}`)] };
  },
  hold: t("recon.hold"),
  run: async (key) => toldOf(t, await reconcile(request, key), "recon.done"),
});

function toldOf(t: Translate, { summary, items }: ReconcileAnswer, key: "recon.plan" | "recon.done"): Told {
  const params = {
    orders: summary.checked_orders,
    positions: summary.checked_positions,
    agreement: percentText(summary.agreement, 2),
    count: items.length,
  };
  return { lines: [t(key, params)], more: items.length === 0 ? null : <ItemsTable items={items} /> };
}
