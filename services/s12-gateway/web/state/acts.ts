/** What people do to orders, positions and money: each a request under a key of its own, so that a repeat acts once. */
import type { Approval } from "../../../../shared/collections/people.ts";
import type {
  AlertRow,
  ManageAnswer,
  ManageRequest,
  ReconcileAnswer,
  ReconcileRequest,
  TransferAnswer,
  TransferRequest,
} from "../api/shapes.ts";
import { change } from "./change.ts";

const API = "/api/v1";

const post = <T>(path: string, body: unknown, key?: string): Promise<T> =>
  change("POST", `${API}${path}`, key === undefined ? { body } : { body, key });

export const cancelOrder = (client_order_id: string, reason: string) =>
  post<{ order_ids: string[] }>("/cancel", { client_order_id, reason });

/** Without a key it is planned only. */
export const managePositions = (request: ManageRequest, key?: string) =>
  post<ManageAnswer>("/positions/manage", { ...request, dry_run: key === undefined }, key);
export const flattenPositions = (reason: string, key: string) =>
  post<{ closing: string[] }>("/positions/flatten", { reason, instruments: [] }, key);

export const requestTransfer = (request: TransferRequest, key: string) =>
  post<TransferAnswer>("/treasury/transfer", request, key);
/** The hash says what was looked at: anything else under this id is then not decided. */
export const decideApproval = ({ approval_id, hash }: Approval, how: "approve" | "refuse", key: string) =>
  post<Approval>(`/approvals/${encodeURIComponent(approval_id)}/${how}`, { hash }, key);
/** For who asked: has it done, and tells what is shown this once. */
export const collectApproved = (approval_id: string) =>
  post<{ answer: Record<string, unknown> }>(`/approvals/${encodeURIComponent(approval_id)}/collect`, {});

/** Without a key it is planned only. */
export const reconcile = (request: ReconcileRequest, key?: string) =>
  post<ReconcileAnswer>("/reconcile", { ...request, dry_run: key === undefined }, key);

export const acknowledge = (alert_id: string) => post<AlertRow>(`/alerts/${encodeURIComponent(alert_id)}/ack`, {});

/** No more entries of it, or entries again; its open trades go on either way. */
export const pauseStrategy = (strategy_id: string, reason: string) =>
  post<{ paused: boolean }>(`/strategies/${encodeURIComponent(strategy_id)}/pause`, { reason });
export const resumeStrategy = (strategy_id: string) =>
  post<{ paused: boolean }>(`/strategies/${encodeURIComponent(strategy_id)}/resume`, {});
