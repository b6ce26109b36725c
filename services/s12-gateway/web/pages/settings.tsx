/** The settings: one's own account, factors and keys, how the page looks, and for admins users and exchange keys. */
import type { ComponentType } from "react";
import { useText } from "../i18n/translate.ts";
import { AppearanceSection } from "../parts/appearance-section.tsx";
import { ExchangeSection } from "../parts/exchange-section.tsx";
import { FactorSection } from "../parts/factor-section.tsx";
import { KeySection } from "../parts/key-section.tsx";
import { PlaceLink } from "../parts/links.tsx";
import { useCurrentInSight } from "../parts/use-current-in-sight.ts";
import { UserSection } from "../parts/user-section.tsx";
import { YouSection } from "../parts/you-section.tsx";
import { addressStore } from "../state/address.ts";
import { SECTIONS, type Section, sectionOf } from "../state/settings.ts";
import { useStore } from "../state/store.ts";

const SECTION_PARTS: Record<Section, ComponentType> = {
  you: YouSection,
  factors: FactorSection,
  keys: KeySection,
  appearance: AppearanceSection,
  users: UserSection,
  exchange: ExchangeSection,
};

export function SettingsPage() {
  const { t } = useText();
  const here = sectionOf(useStore(addressStore, (address) => address.id));
  const list = useCurrentInSight<HTMLElement>(here);
  const Shown = SECTION_PARTS[here];
  return (
    <main className="page settings-page" aria-label={t("page.settings")}>
      <nav ref={list} className="settings-list" aria-label={t("page.settings")}>
        {SECTIONS.map((section) => (
          <PlaceLink
            key={section}
            to={{ page: "settings", id: section }}
            className="settings-item"
            isHere={section === here}
          >
            {t(`settings.${section}`)}
          </PlaceLink>
        ))}
      </nav>
      <div className="settings-section">
        <Shown key={here} />
      </div>
    </main>
  );
}
