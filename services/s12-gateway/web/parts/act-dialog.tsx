/** Acting deliberately: what would be done is asked first and said, done only when held for a second, then told. */
import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { ApiProblem, AwaitsApproval } from "../../../../shared/client/problem.ts";
import { freshKey } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { proofGate } from "../state/proof-gate.ts";
import { AwaitsWords } from "./awaits-words.tsx";
import { HoldButton } from "./hold-button.tsx";
import { Failed, Skeleton } from "./states.tsx";

/** What will happen, or what did. */
export interface Told {
  readonly lines: readonly string[];
  /** Below the lines: rows of a plan, a link to what came of it. */
  readonly more?: ReactNode;
  /** Said where something is wrong: the act is not offered, or it failed. */
  readonly bad?: boolean;
  /** There is nothing to do: the act is not offered. */
  readonly idle?: boolean;
}

export interface Act {
  readonly title: string;
  /** Asked afresh each time the dialog opens. */
  readonly plan: (signal: AbortSignal) => Promise<Told> | Told;
  /** On the button, which is held: `Hold one second: …`. */
  readonly hold: string;
  /** The same key for every try of the same act, so that a repeat does nothing twice. */
  readonly run: (key: string) => Promise<Told>;
}

interface ActDialogProps {
  act: Act | undefined;
  onClose: () => void;
}

export function ActDialog({ act, onClose }: ActDialogProps) {
  // Stays until the dialog has gone, so that its text does not vanish while it fades.
  const shown = useRef(act);
  if (act) shown.current = act;
  // While it asks for proof, a click or Escape there is not meant for what waits behind it.
  return (
    <Dialog.Root open={act !== undefined} onOpenChange={(open) => !open && !proofGate.asked.get() && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog act-dialog">
          {shown.current ? <Acting act={shown.current} onClose={onClose} /> : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Acting({ act, onClose }: { act: Act; onClose: () => void }) {
  const { t } = useText();
  const client = useQueryClient();
  const [key] = useState(freshKey);
  const plan = useQuery({
    queryKey: ["plan", key],
    queryFn: async ({ signal }) => act.plan(signal),
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const doing = useMutation({
    mutationFn: () => act.run(key),
    onSettled: () => void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "plan" }),
  });
  const told = plan.data;
  const waits = doing.error instanceof AwaitsApproval;
  const offered = told && !told.bad && !told.idle && !doing.isSuccess && !waits;
  return (
    <>
      <Dialog.Title className="dialog-title">{act.title}</Dialog.Title>
      {plan.error ? <Failed error={plan.error} onRetry={() => void plan.refetch()} /> : null}
      {told ? <Words told={told} /> : plan.error ? null : <Skeleton rows={3} />}
      {offered ? (
        <HoldButton className="danger wide" disabled={doing.isPending} onFire={() => doing.mutate()}>
          {doing.isPending ? t("act.busy") : act.hold}
        </HoldButton>
      ) : null}
      {doing.error instanceof AwaitsApproval ? <AwaitsWords waits={doing.error} onFollow={onClose} /> : null}
      {doing.error && !waits ? (
        <p className="form-error" role="alert">
          {t("kill.failed")} {t.say(doing.error instanceof ApiProblem ? doing.error.message : String(doing.error))}
        </p>
      ) : null}
      {doing.data ? (
        <div className="outcome" role="status" data-bad={doing.data.bad || undefined}>
          <Words told={doing.data} />
        </div>
      ) : null}
      <Dialog.Close className="button dialog-close">{t("dialog.close")}</Dialog.Close>
    </>
  );
}

function Words({ told }: { told: Told }) {
  return (
    <div className="stack" data-bad={told.bad || undefined}>
      {told.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {told.more}
    </div>
  );
}
