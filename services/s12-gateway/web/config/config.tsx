/** The config pages, loaded when they are first opened: revisions, the editor, comparison, simulations, promotions. */
import "./messages.ts";
import { useText } from "../i18n/translate.ts";
import { SectionBar } from "../parts/section-bar.tsx";
import { addressStore } from "../state/address.ts";
import { useStore } from "../state/store.ts";
import { BundlePage } from "./bundle.tsx";
import { BundlesPage } from "./bundles.tsx";
import { DiffPage } from "./diff.tsx";
import { EditorPage } from "./editor.tsx";
import { NewPromotionPage } from "./new-promotion.tsx";
import { NewSimulationPage } from "./new-simulation.tsx";
import { CONFIG_SECTIONS, type ConfigPlace, idOf, placeOf, sectionOf } from "./place.ts";
import { PromotionPage } from "./promotion.tsx";
import { PromotionsPage } from "./promotions.tsx";
import { SimulationPage } from "./simulation.tsx";
import { SimulationsPage } from "./simulations.tsx";

export function Config() {
  const { t } = useText();
  const place = placeOf(useStore(addressStore, (address) => address.id));
  const here = sectionOf(place);
  return (
    <main className="page research-page config-page" aria-label={t("page.config")}>
      <SectionBar
        label={t("page.config")}
        sections={CONFIG_SECTIONS}
        here={here}
        to={(section) => ({ page: "config", id: idOf(placeOf(section)), asked: {} })}
      >
        {(section) => t(`config.${section}`)}
      </SectionBar>
      <div className="research-body">
        <Shown key={place.at === "diff" ? place.at : idOf(place)} place={place} />
      </div>
    </main>
  );
}

function Shown({ place }: { place: ConfigPlace }) {
  switch (place.at) {
    case "bundles":
      return <BundlesPage />;
    case "bundle":
      return <BundlePage of={place.of} />;
    case "editor":
      return <EditorPage of={place.of} />;
    case "diff":
      return <DiffPage from={place.from} to={place.to} />;
    case "simulations":
      return <SimulationsPage />;
    case "simulation":
      return <SimulationPage id={place.id} />;
    case "new-simulation":
      return <NewSimulationPage of={place.of} />;
    case "promotions":
      return <PromotionsPage />;
    case "promotion":
      return <PromotionPage id={place.id} />;
    case "new-promotion":
      return <NewPromotionPage of={place.of} />;
  }
}
