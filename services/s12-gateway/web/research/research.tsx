/** The research pages, loaded when they are first opened: experiments, their comparison, hypotheses and models. */
import "./messages.ts";
import { useText } from "../i18n/translate.ts";
import { SectionBar } from "../parts/section-bar.tsx";
import { addressStore } from "../state/address.ts";
import { useStore } from "../state/store.ts";
import { ComparePage } from "./compare.tsx";
import { ExperimentPage } from "./experiment.tsx";
import { ExperimentsPage } from "./experiments.tsx";
import { HypothesesPage } from "./hypotheses.tsx";
import { HypothesisPage } from "./hypothesis.tsx";
import { ModelPage } from "./model.tsx";
import { ModelsPage } from "./models.tsx";
import { NewExperimentPage } from "./new-experiment.tsx";
import { NewHypothesisPage } from "./new-hypothesis.tsx";
import { NewTrainingPage } from "./new-training.tsx";
import { idOf, placeOf, RESEARCH_SECTIONS, type ResearchPlace, sectionOf } from "./place.ts";
import { TrainingPage } from "./training.tsx";

export function Research() {
  const { t } = useText();
  const place = placeOf(useStore(addressStore, (address) => address.id));
  const here = sectionOf(place);
  return (
    <main className="page research-page" aria-label={t("page.research")}>
      <SectionBar
        label={t("page.research")}
        sections={RESEARCH_SECTIONS}
        here={here}
        to={(section) => ({ page: "research", id: idOf(placeOf(section)), asked: {} })}
      >
        {(section) => t(`research.${section}`)}
      </SectionBar>
      <div className="research-body">
        <Shown key={place.at === "compare" ? place.at : idOf(place)} place={place} />
      </div>
    </main>
  );
}

function Shown({ place }: { place: ResearchPlace }) {
  switch (place.at) {
    case "experiments":
      return <ExperimentsPage />;
    case "experiment":
      return <ExperimentPage id={place.id} />;
    case "new-experiment":
      return <NewExperimentPage like={place.like} />;
    case "compare":
      return <ComparePage ids={place.ids} />;
    case "hypotheses":
      return <HypothesesPage />;
    case "hypothesis":
      return <HypothesisPage id={place.id} />;
    case "new-hypothesis":
      return <NewHypothesisPage />;
    case "models":
      return <ModelsPage />;
    case "model":
      return <ModelPage id={place.id} hash={place.hash} />;
    case "training":
      return <TrainingPage id={place.id} />;
    case "new-training":
      return <NewTrainingPage />;
  }
}
