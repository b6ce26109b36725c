/** The kill switch: on by a hold with a mode and a reason; off only by typing it out. */
import { Dialog } from "@base-ui/react/dialog";
import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { KillAnswer } from "../../../../shared/client/gen/types.ts";
import { ApiProblem, AwaitsApproval } from "../../../../shared/client/problem.ts";
import { killQuery, ordersQuery, tradesQuery } from "../api/queries.ts";
import { KILL_MODES, type KillMode } from "../api/shapes.ts";
import { useText } from "../i18n/translate.ts";
import { type KillMutation, REASON_CHARACTERS_MAX } from "../state/kill.ts";
import { isOpenOrder, isOpenTrade } from "../state/lists.ts";
import { AwaitsWords } from "./awaits-words.tsx";
import { When } from "./figures.tsx";
import { HoldButton } from "./hold-button.tsx";

interface KillDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  kill: KillMutation;
}

export function KillDialog({ open, onOpenChange, kill }: KillDialogProps) {
  const { t } = useText();
  const state = useQuery(killQuery);
  const isOn = state.data?.enabled ?? false;
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog kill-dialog">
          <Dialog.Title className="dialog-title">{isOn ? t("kill.title.on") : t("kill.title.off")}</Dialog.Title>
          {isOn && state.data ? <KillOff state={state.data} kill={kill} /> : <KillOn kill={kill} />}
          <KillOutcome kill={kill} onFollow={() => onOpenChange(false)} />
          <Dialog.Close className="button dialog-close">{t("dialog.close")}</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function KillOn({ kill }: { kill: KillMutation }) {
  const { t } = useText();
  const [mode, setMode] = useState<KillMode>("CANCEL");
  const [reason, setReason] = useState("");
  const reasonId = useId();
  const entries = useQuery(ordersQuery).data?.filter((order) => isOpenOrder(order) && !order.reduce_only).length ?? 0;
  const positions = useQuery(tradesQuery).data?.filter(isOpenTrade).length ?? 0;
  return (
    <>
      <Dialog.Description className="muted">{t("kill.about")}</Dialog.Description>
      <RadioGroup className="choices" value={mode} onValueChange={setMode} aria-label={t("kill.mode")}>
        {KILL_MODES.map((each) => (
          // biome-ignore lint/a11y/noLabelWithoutControl: the radio inside is the control
          <label key={each} className="choice">
            <Radio.Root value={each} className="radio">
              <Radio.Indicator className="radio-dot" />
            </Radio.Root>
            <span>
              <strong>{t(`kill.mode.${each}`)}</strong>
              <span className="muted">{t(`kill.effect.${each}`, { entries, positions })}</span>
            </span>
          </label>
        ))}
      </RadioGroup>
      <label className="field" htmlFor={reasonId}>
        {t("kill.reason")}
        <input
          id={reasonId}
          value={reason}
          maxLength={REASON_CHARACTERS_MAX}
          placeholder={t("kill.reason.default")}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <HoldButton
        className="danger wide"
        disabled={kill.isPending}
        onFire={() => kill.mutate({ enable: true, mode, reason: reason.trim() || t("kill.reason.default") })}
      >
        {kill.isPending ? t("kill.busy") : t(`kill.hold.${mode}`, { positions })}
      </HoldButton>
    </>
  );
}

function KillOff({ state, kill }: { state: KillAnswer; kill: KillMutation }) {
  const { t } = useText();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const word = t("kill.off.word");
  const typedId = useId();
  const reasonId = useId();
  const ready = typed.trim().toUpperCase() === word && reason.trim() !== "" && !kill.isPending;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) kill.mutate({ enable: false, mode: state.mode, reason: reason.trim(), epoch: state.epoch });
      }}
    >
      <Dialog.Description className="muted">
        {t("kill.since", {
          mode: t(`kill.mode.${state.mode}`),
          actor: state.actor || "–",
          reason: state.reason || "–",
        })}{" "}
        <When ts={state.ts} day />
      </Dialog.Description>
      <label className="field" htmlFor={reasonId}>
        {t("kill.off.reason")}
        <input
          id={reasonId}
          value={reason}
          maxLength={REASON_CHARACTERS_MAX}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <label className="field" htmlFor={typedId}>
        {t("kill.off.type", { word })}
        <input id={typedId} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      </label>
      <button type="submit" className="button wide" disabled={!ready}>
        {t("kill.off.submit")}
      </button>
    </form>
  );
}

function KillOutcome({ kill, onFollow }: { kill: KillMutation; onFollow: () => void }) {
  const { t } = useText();
  if (kill.error instanceof AwaitsApproval) return <AwaitsWords waits={kill.error} onFollow={onFollow} />;
  if (kill.error) {
    const detail = t.say(kill.error instanceof ApiProblem ? kill.error.message : String(kill.error));
    return (
      <p className="form-error" role="alert">
        {t("kill.failed")} {detail}
      </p>
    );
  }
  if (!kill.data) return null;
  const { epoch, enabled, outstanding } = kill.data;
  const done = outstanding.length === 0;
  return (
    <p className="outcome" role="status">
      {t(enabled ? "kill.done.on" : "kill.done.off", { epoch })}{" "}
      {done ? null : t("kill.outstanding", { what: outstanding.join(", ") })}
    </p>
  );
}
