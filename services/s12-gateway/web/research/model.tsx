/** One model: what it is, what it was measured at, and for one trained here the curves behind it. */
import { useQuery } from "@tanstack/react-query";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import type { ModelCard } from "../../../../shared/domain/model.ts";
import type { ModelCurves } from "../../../../shared/domain/training.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, Pair, When } from "../parts/figures.tsx";
import { Empty, Loaded, Panel, Skeleton } from "../parts/states.tsx";
import { ResearchLink } from "./links.tsx";
import { ReliabilityPlot, RocPlot, ScorePlot } from "./model-plots.tsx";
import { FoldTable, WeightTable } from "./model-tables.tsx";
import { curvesQuery, modelQuery } from "./queries.ts";

export function ModelPage({ id, hash }: { id: string; hash: string }) {
  const { t } = useText();
  const query = useQuery(modelQuery(id, hash));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("research.models")}>
        <ResearchLink to={{ at: "models" }}>← {t("research.models")}</ResearchLink>
        <code>{hash}</code>
      </nav>
      <Loaded query={query} rows={10}>
        {(card) => (
          <div className="experiment-panels">
            <Head card={card} />
            <Curves card={card} />
          </div>
        )}
      </Loaded>
    </div>
  );
}

function Head({ card }: { card: ModelCard }) {
  const { t, locale } = useText();
  const { window, metrics, features, note, training_id } = card;
  return (
    <section className="panel experiment-head" aria-label={card.model_id}>
      <h1>
        <span>{card.model_id}</span>
        <span className="spacer" />
        <When ts={card.created_at} day />
      </h1>
      {note ? <p>{note}</p> : null}
      <dl className="facts">
        <Pair label={t("labels.horizon")}>{t("labels.hours", { h: card.label_horizon })}</Pair>
        {window ? (
          <Pair label={t("models.data_window")}>
            <Figure>{`${dayClockText(window.from_ts, locale)} – ${dayClockText(window.to_ts, locale)}`}</Figure>
          </Pair>
        ) : null}
        {Object.entries(metrics ?? {}).map(([name, value]) => (
          <Pair key={name} label={name}>
            <Figure>{numberText(value, 4)}</Figure>
          </Pair>
        ))}
        <Pair label={t("models.size")}>
          <Figure>{t("models.bytes", { bytes: numberText(card.bytes, 0) })}</Figure>
        </Pair>
        <Pair label={t("research.author")}>{card.author}</Pair>
        {training_id ? (
          <Pair label={t("models.training")}>
            <ResearchLink to={{ at: "training", id: training_id }}>
              <code>{training_id}</code>
            </ResearchLink>
          </Pair>
        ) : null}
      </dl>
      <p className="muted inputs-line">
        {t("models.inputs")}
        {t("sentence.colon")}
        <code>{features.join(", ")}</code>
      </p>
    </section>
  );
}

function Curves({ card }: { card: ModelCard }) {
  const { t } = useText();
  const query = useQuery({ ...curvesQuery(card.model_id, card.hash), enabled: card.training_id !== undefined });
  const isMissing = query.error instanceof ApiProblem && query.error.status === 404;
  if (card.training_id === undefined || isMissing) {
    return (
      <Panel title={t("model.curves")}>
        <Empty>{t("model.no_curves")}</Empty>
      </Panel>
    );
  }
  if (query.data) return <CurvePanels curves={query.data} />;
  return query.error ? (
    <Loaded query={query} rows={6}>
      {() => null}
    </Loaded>
  ) : (
    <Skeleton rows={6} />
  );
}

function CurvePanels({ curves }: { curves: ModelCurves }) {
  const { t } = useText();
  return (
    <>
      <div className="panel-row">
        <FiguresPanel curves={curves} />
        <Panel className="model-plot" title={t("model.reliability")}>
          <ReliabilityPlot bins={curves.reliability} />
        </Panel>
        <Panel className="model-plot" title={t("model.roc")}>
          <RocPlot points={curves.roc} auc={curves.figures.auc} />
        </Panel>
        <Panel className="model-plot" title={t("model.scores")}>
          <ScorePlot bins={curves.histogram} />
        </Panel>
      </div>
      <Panel title={t("model.weights")}>
        <WeightTable weights={curves.weights} />
      </Panel>
      <Panel title={t("model.folds")}>
        <FoldTable folds={curves.folds} />
      </Panel>
    </>
  );
}

function FiguresPanel({ curves }: { curves: ModelCurves }) {
  const { t } = useText();
  const { figures, train, tail, purged, interval, notes } = curves;
  const auc = `${numberText(figures.auc_low, 3)} – ${numberText(figures.auc_high, 3)}`;
  return (
    <Panel className="model-figures" title={t("model.figures")}>
      <p className="belief-verdict padded" data-verdict={(figures.auc_low ?? 0) > 0.5 ? "strong" : "weak"}>
        {t(
          figures.auc === null
            ? "model.auc_unknown"
            : (figures.auc_low ?? 0) > 0.5
              ? "model.better"
              : "model.as_chance",
        )}
      </p>
      <dl className="pairs one padded">
        <Pair label={t("model.auc")}>
          <Figure>{numberText(figures.auc, 3)}</Figure>
        </Pair>
        <Pair label={t("model.auc_interval", { level: percentText(interval.level, 0) })}>
          <Figure>{auc}</Figure>
        </Pair>
        <Pair label={t("model.brier")}>
          <Figure>{numberText(figures.brier, 4)}</Figure>
        </Pair>
        <Pair label={t("model.brier_skill")}>
          <Figure>{percentText(figures.brier_skill ?? undefined, 1, true)}</Figure>
        </Pair>
        <Pair label={t("model.calibration_error")}>
          <Figure>{percentText(figures.calibration_error ?? undefined, 1)}</Figure>
        </Pair>
        <Pair label={t("model.log_loss")}>
          <Figure>{numberText(figures.log_loss, 4)}</Figure>
        </Pair>
        <Pair label={t("model.train_rows")}>
          <Figure>{t("model.rows", { rows: train.rows, positives: train.positives })}</Figure>
        </Pair>
        <Pair label={t("model.tail_rows")}>
          <Figure>{t("model.rows", { rows: tail.rows, positives: tail.positives })}</Figure>
        </Pair>
        <Pair label={t("model.purged")}>
          <Figure>{numberText(purged, 0)}</Figure>
        </Pair>
        <Pair label="λ">
          <Figure>{String(curves.l2)}</Figure>
        </Pair>
        <Pair label={t("model.calibration")}>{t(`calibration.${curves.calibration}`)}</Pair>
      </dl>
      {notes.length > 0 ? (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
