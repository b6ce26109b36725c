/** Proving again who one is where an act asks for it: one dialogue for all that wait, then each is tried once more. */
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { createStore, type Store } from "./store.ts";

export const needsProof = (error: unknown): boolean => error instanceof ApiProblem && error.code === "CONFIRM";

export interface ProofGate {
  /** Whether the dialogue is wanted. */
  readonly asked: Store<boolean>;
  /** The dialogue's end: proven, or given up. */
  settle(proven: boolean): void;
  /** Throws what the first try threw where the person gives up, and whatever the second try throws. */
  run<T>(attempt: () => Promise<T>): Promise<T>;
}

export function createProofGate(): ProofGate {
  const asked = createStore(false);
  let waiting: Promise<boolean> | undefined;
  let answer = (_proven: boolean): void => {};
  const prove = (): Promise<boolean> => {
    waiting ??= new Promise<boolean>((resolve) => {
      answer = resolve;
      asked.set(true);
    });
    return waiting;
  };
  return {
    asked,
    settle(proven) {
      waiting = undefined;
      asked.set(false);
      answer(proven);
    },
    async run(attempt) {
      try {
        return await attempt();
      } catch (error) {
        if (!needsProof(error) || !(await prove())) throw error;
        return attempt();
      }
    },
  };
}

export const proofGate = createProofGate();
