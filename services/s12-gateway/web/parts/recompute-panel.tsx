/** Recomputations of features: asked for here by those who may, and followed until they are over. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { FeatureJob } from "../../../../shared/client/gen/types.ts";
import { featureJobsQuery } from "../api/factor-queries.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import type { FactorWindow } from "../state/factor-families.ts";
import { FACTOR_WINDOWS } from "../state/factor-families.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { cancelRecomputeAct, recomputeAct } from "../stories/recompute-acts.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Select } from "./select.tsx";
import { Empty, Panel } from "./states.tsx";

export function RecomputePanel({ instrument }: { instrument: string }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const query = useQuery(featureJobsQuery);
  const [window, setWindow] = useState<FactorWindow>("1m");
  const [force, setForce] = useState(false);
  const [act, setAct] = useState<Act>();
  const may = mayResearch(me);
  const forbidden = may ? undefined : t("act.forbidden", { role: me?.role ?? "–" });
  return (
    <Panel className="recompute" title={t("recompute.title")}>
      <div className="recompute-form">
        <Select
          label={t("recompute.window")}
          value={window}
          choices={FACTOR_WINDOWS.map((each) => [each, each] as const)}
          onChoose={setWindow}
        />
        <label className="check">
          <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
          {t("recompute.force")}
        </label>
        <button
          type="button"
          className="button"
          disabled={!may}
          title={forbidden}
          onClick={() => setAct(recomputeAct(t, { symbols: [instrument], windows: [window], force }))}
        >
          {t("recompute.ask")}
        </button>
        {forbidden ? <p className="muted">{forbidden}</p> : null}
      </div>
      <LoadedHere query={query} rows={2} what={t("recompute.title")}>
        {(jobs) =>
          jobs.length === 0 ? (
            <Empty>{t("recompute.none")}</Empty>
          ) : (
            <ul className="rows">
              {jobs.map((job) => (
                <Job key={job.job_id} job={job} onCancel={may ? () => setAct(cancelRecomputeAct(t, job)) : undefined} />
              ))}
            </ul>
          )
        }
      </LoadedHere>
      <ActDialog
        act={act}
        onClose={() => {
          setAct(undefined);
          void client.invalidateQueries({ queryKey: featureJobsQuery.queryKey });
        }}
      />
    </Panel>
  );
}

function Job({ job, onCancel }: { job: FeatureJob; onCancel: (() => void) | undefined }) {
  const { t } = useText();
  const { state, total, done, written, skipped, without_bars, errors, waiting_for } = job;
  const isOpen = state === "RUNNING" || state === "QUEUED";
  const counts = {
    written: numberText(written, 0),
    skipped: numberText(skipped, 0),
    without: numberText(without_bars, 0),
  };
  return (
    <li className="job">
      <p className="job-head">
        <span className="status" data-status={state}>
          {t(`job.${state}`)}
        </span>
        <span>{`${job.symbols.join(", ")} · ${job.windows.join(", ")}`}</span>
        <When ts={job.created_at} day />
      </p>
      <progress max={total} value={done} aria-label={t("recompute.progress")} />
      <p className="muted">
        {percentText(total > 0 ? done / total : 1, 0)} · {t("recompute.counts", counts)}
      </p>
      {waiting_for && isOpen ? <p className="stale-note">{t("recompute.waits", { why: waiting_for })}</p> : null}
      {errors.map((error) => (
        <p key={`${error.instrument}${error.window}${error.code}`} className="form-error">
          {`${error.instrument} ${error.window}: ${error.detail}`}
        </p>
      ))}
      {isOpen && onCancel ? (
        <button type="button" className="link" onClick={onCancel}>
          {t("recompute.cancel")}
        </button>
      ) : null}
    </li>
  );
}
