/** The research pages, loaded when they are first opened: experiments, their comparison, hypotheses and models. */
import "./messages.ts";
import { useText } from "../i18n/translate.ts";
import { PlaceLink } from "../parts/links.tsx";
import { useCurrentInSight } from "../parts/use-current-in-sight.ts";
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
  const list = useCurrentInSight<HTMLElement>(here);
  return (
    <main className="page research-page" aria-label={t("page.research")}>
      <nav ref={list} className="research-sections" aria-label={t("page.research")}>
        {RESEARCH_SECTIONS.map((section) => (
          <PlaceLink
            key={section}
            to={{ page: "research", id: idOf(placeOf(section)), asked: {} }}
            className="research-section"
            isHere={section === here}
          >
            {t(`research.${section}`)}
          </PlaceLink>
        ))}
      </nav>
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
