/** How a run stands: its status in words, and how far it has come. */
import type { Experiment, ExperimentStatus } from "../../../../shared/domain/experiment.ts";
import type { TrainingStatus } from "../../../../shared/domain/training.ts";
import { percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";

export function RunStatus({ status, message }: { status: ExperimentStatus | TrainingStatus; message?: string }) {
  const { t } = useText();
  return (
    <span className="status" data-status={status} title={message}>
      {t(`run_status.${status}`)}
    </span>
  );
}

/** Of a search that decides as it goes, the whole is not known beforehand. */
export function ExperimentProgress({ progress }: Pick<Experiment, "progress">) {
  const { t } = useText();
  const { done, total, stage } = progress;
  return (
    <Progress
      share={total > 0 ? done / total : undefined}
      words={[total > 0 ? t("progress.of", { done, total }) : "", stage].filter(Boolean).join(" · ")}
    />
  );
}

export function Progress({ share, words }: { share: number | undefined; words: string }) {
  const { t } = useText();
  return (
    <span className="progress-line">
      <progress max={1} {...(share !== undefined && { value: share })} aria-label={t("recompute.progress")} />
      <span className="muted">
        {[share === undefined ? "" : percentText(share, 0), words].filter(Boolean).join(" · ")}
      </span>
    </span>
  );
}
