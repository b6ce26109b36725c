/** Hypotheses by family: each with its p-value, what remains of it among the others, and what is thought of it. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Hypothesis } from "../../../../shared/domain/experiment.ts";
import { numberText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { pText } from "./belief.ts";
import { ExperimentLink, NewLink, ResearchLink } from "./links.tsx";
import { idOf } from "./place.ts";
import { hypothesesQuery } from "./queries.ts";

export function HypothesesPage() {
  const { t } = useText();
  const may = mayResearch(useMe());
  const query = useQuery(hypothesesQuery);
  return (
    <Panel className="page-panel" title={t("research.hypotheses")} aside={may ? <NewLink to="new-hypothesis" /> : null}>
      <p className="muted padded">{t("hypotheses.about")}</p>
      <LoadedHere query={query} rows={5} what={t("research.hypotheses")}>
        {(all) => (all.length === 0 ? <Empty>{t("hypotheses.none")}</Empty> : <Families hypotheses={all} />)}
      </LoadedHere>
    </Panel>
  );
}

function Families({ hypotheses }: { hypotheses: readonly Hypothesis[] }) {
  const { t } = useText();
  const columns = useMemo(() => columnsOf(t), [t]);
  const families = Map.groupBy(hypotheses, ({ family }) => family);
  return [...families].map(([family, members]) => (
    <section key={family} className="family" aria-label={t("hypotheses.family", { family })}>
      <h3>
        {t("hypotheses.family", { family })} <span className="count">{members.length}</span>
      </h3>
      <div className="scroll-x">
        <DataTable
          caption={t("hypotheses.family", { family })}
          columns={columns}
          rows={members}
          rowId={({ hypothesis_id }) => hypothesis_id}
          onOpen={({ hypothesis_id }) => go({ id: idOf({ at: "hypothesis", id: hypothesis_id }), asked: {} })}
        />
      </div>
    </section>
  ));
}

export function HypothesisStatus({ status }: Pick<Hypothesis, "status">) {
  const { t } = useText();
  return (
    <span className="status" data-hypothesis={status} title={t(`hypothesis_status.${status}.hint`)}>
      {t(`hypothesis_status.${status}`)}
    </span>
  );
}

function columnsOf(t: Translate): Column<Hypothesis>[] {
  const p = (id: "p_value" | "adjusted_p") =>
    column<Hypothesis>(id, t(`hypotheses.${id}`), {
      value: (row) => row[id] ?? 2,
      cell: (row) => <Figure>{pText(row[id])}</Figure>,
      right: true,
    });
  return [
    column("title", t("research.title"), {
      value: ({ title }) => title,
      cell: ({ hypothesis_id, title }) => (
        <span className="run-title" title={hypothesis_id}>
          <ResearchLink to={{ at: "hypothesis", id: hypothesis_id }}>{title}</ResearchLink>
        </span>
      ),
    }),
    column("status", t("column.status"), {
      value: ({ status }) => status,
      cell: (row) => <HypothesisStatus {...row} />,
    }),
    ...[p("p_value"), p("adjusted_p")],
    column("trials", t("research.trials"), {
      value: ({ trials }) => trials,
      cell: ({ trials }) => <Figure>{numberText(trials, 0)}</Figure>,
      right: true,
    }),
    column("newest", t("hypotheses.newest"), {
      value: ({ experiments }) => experiments.at(-1) ?? "",
      cell: ({ experiments }) => {
        const newest = experiments.at(-1);
        return newest === undefined ? <span className="muted">–</span> : <ExperimentLink id={newest} />;
      },
    }),
    column("created", t("research.created"), {
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <When ts={created_at} day />,
      right: true,
    }),
  ];
}
