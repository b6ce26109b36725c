/** The command palette: every page, instrument, section, setting and action by typing a few letters. */
import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { beforePaint } from "../api/now.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { go } from "../state/address.ts";
import { CHART_TIMEFRAMES } from "../state/bars.ts";
import { PAGES } from "../state/pages.ts";
import { COLOURS, LOCALES, prefer, THEMES } from "../state/prefs.ts";

interface Command {
  value: string;
  label: string;
  run: () => void;
}
interface Group {
  value: string;
  items: Command[];
}

interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  instruments: readonly Instrument[];
  onKill: () => void;
}

const SECTIONS = ["positions", "chart", "book", "decisions", "books", "services", "alerts"] as const;

function commandsOf(t: Translate, instruments: readonly Instrument[], onKill: () => void): Group[] {
  const command = (group: string, label: string, run: () => void): Command => ({
    value: `${group} ${label}`,
    label,
    run,
  });
  const group = (value: string, items: [string, () => void][]): Group => ({
    value,
    items: items.map(([label, run]) => command(value, label, run)),
  });
  const show = (section: string) => () => {
    go({ page: "market" });
    // After the page has come.
    beforePaint(() => {
      const element = document.getElementById(section);
      element?.scrollIntoView({ block: "start" });
      element?.focus();
    });
  };
  return [
    group(
      t("palette.pages"),
      PAGES.map(({ id }) => [t(`page.${id}`), () => go({ page: id, id: "" })]),
    ),
    group(
      t("palette.instruments"),
      instruments.map((i) => [i.instrument, () => go({ page: "market", instrument: i.instrument })]),
    ),
    group(
      t("palette.sections"),
      SECTIONS.map((s) => [t(`section.${s}`), show(s)]),
    ),
    group(
      t("palette.timeframes"),
      CHART_TIMEFRAMES.map((timeframe) => [timeframe, () => go({ timeframe })]),
    ),
    group(t("palette.actions"), [[t("kill.button.hint"), onKill]]),
    group(
      t("menu.theme"),
      THEMES.map((theme) => [t(`theme.${theme}`), () => prefer({ theme })]),
    ),
    group(
      t("menu.locale"),
      LOCALES.map((locale) => [t(`locale.${locale}`), () => prefer({ locale })]),
    ),
    group(
      t("menu.colours"),
      COLOURS.map((colours) => [t(`colours.${colours}`), () => prefer({ colours })]),
    ),
  ];
}

export function Palette({ open, onOpenChange, instruments, onKill }: PaletteProps) {
  const { t } = useText();
  const run = (command: Command) => {
    onOpenChange(false);
    // After the palette has given the focus back, so that a section or dialog keeps it.
    queueMicrotask(command.run);
  };
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog palette" aria-label={t("palette.open")} finalFocus={false}>
          <Autocomplete.Root
            open
            inline
            items={commandsOf(t, instruments, onKill)}
            autoHighlight="always"
            keepHighlight
          >
            <Autocomplete.Input
              className="palette-input"
              placeholder={t("palette.hint")}
              aria-label={t("palette.hint")}
            />
            <Autocomplete.Empty className="palette-empty">{t("palette.empty")}</Autocomplete.Empty>
            <Autocomplete.List className="palette-list">
              {(group: Group) => (
                <Autocomplete.Group key={group.value} items={group.items}>
                  <Autocomplete.GroupLabel className="menu-label">{group.value}</Autocomplete.GroupLabel>
                  <Autocomplete.Collection>
                    {(command: Command) => (
                      <Autocomplete.Item
                        key={command.value}
                        value={command}
                        className="menu-item"
                        onClick={() => run(command)}
                      >
                        {command.label}
                      </Autocomplete.Item>
                    )}
                  </Autocomplete.Collection>
                </Autocomplete.Group>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
