/** The command palette: every page, section, instrument, trade, order, preference and act by typing a few letters. */
import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { beforePaint } from "../api/now.ts";
import { activeQuery, ordersQuery, tradesQuery } from "../api/queries.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { go } from "../state/address.ts";
import { type Command, type CommandGroup, commandsOf, type Does } from "../state/commands.ts";
import { QUESTION_CHARACTERS_MIN } from "../state/hits.ts";
import { useMe } from "../state/me.ts";
import { prefer } from "../state/prefs.ts";
import { signOut } from "../state/sign-out.ts";
import { cancelAct, flattenAct, manageAct, pauseAct } from "../stories/acts.ts";
import type { Act } from "./act-dialog.tsx";

interface Dialogs {
  onKill: () => void;
  onKeys: () => void;
  onAct: (act: Act) => void;
}
interface PaletteProps extends Dialogs {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  instruments: readonly Instrument[];
}

function perform(t: Translate, does: Does, { onKill, onKeys, onAct }: Dialogs): void {
  switch (does.kind) {
    case "go":
      go(does.to);
      return;
    case "section":
      go({ page: "market" });
      // After the page has come.
      beforePaint(() => {
        const element = document.getElementById(does.section);
        element?.scrollIntoView({ block: "start" });
        element?.focus();
      });
      return;
    case "timeframe":
      go({ timeframe: does.timeframe });
      return;
    case "prefer":
      prefer(does.change);
      return;
    case "close":
      onAct(manageAct(t, "close", { actions: ["CLOSE"], instruments: [does.instrument] }));
      return;
    case "cancel":
      onAct(cancelAct(t, does.order));
      return;
    case "flatten":
      onAct(flattenAct(t, does.count));
      return;
    case "pause":
    case "resume":
      onAct(pauseAct(t, does.strategy, does.kind));
      return;
    case "kill":
      onKill();
      return;
    case "keys":
      onKeys();
      return;
    case "sign-out":
      void signOut();
  }
}

export function Palette(props: PaletteProps) {
  const { t } = useText();
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog palette" aria-label={t("palette.open")} finalFocus={false}>
          <Commands {...props} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Stands only while it is open: lists are made when they are wanted. */
function Commands({ onOpenChange, instruments, ...dialogs }: PaletteProps) {
  const { t } = useText();
  const me = useMe();
  const [typed, setTyped] = useState("");
  const trades = useQuery(tradesQuery).data;
  const orders = useQuery(ordersQuery).data;
  const strategies = useQuery(activeQuery).data?.bundle?.strategies;
  const known = useMemo(() => {
    const ids = strategies?.map(({ strategy_id }) => strategy_id) ?? [];
    return commandsOf(t, { me, instruments, trades: trades ?? [], orders: orders ?? [], strategies: ids });
  }, [t, me, instruments, trades, orders, strategies]);
  const groups = useMemo(() => [...known, ...askedGroup(t, typed.trim())], [t, known, typed]);
  const run = ({ does }: Command) => {
    onOpenChange(false);
    // After the palette has given the focus back, so that a section or dialog keeps it.
    queueMicrotask(() => perform(t, does, dialogs));
  };
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      value={typed}
      onValueChange={setTyped}
      autoHighlight="always"
      keepHighlight
    >
      <Autocomplete.Input className="palette-input" placeholder={t("palette.hint")} aria-label={t("palette.hint")} />
      <Autocomplete.Empty className="palette-empty">{t("palette.empty")}</Autocomplete.Empty>
      <Autocomplete.List className="palette-list">
        {(group: CommandGroup) => (
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
                  <span className="menu-text">{command.label}</span>
                  {command.hint ? <kbd>{command.hint}</kbd> : null}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}

/** Whatever is typed can be searched for. */
function askedGroup(t: Translate, q: string): CommandGroup[] {
  if (q.length < QUESTION_CHARACTERS_MIN) return [];
  const label = t("palette.search", { q });
  const does: Does = { kind: "go", to: { page: "search", id: "", asked: { q } } };
  return [{ value: t("page.search"), items: [{ value: `search ${q}`, label, does }] }];
}
