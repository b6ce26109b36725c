/** The strategies written as programs that S10 keeps, source and all. */
import { ProgramCard } from "../domain/program.ts";
import { collection } from "./declare.ts";

export const programs = collection({
  name: "strategy_programs",
  about: "Strategies written as programs, source and all",
  owner: "s10",
  schema: ProgramCard,
  key: ({ program_id, hash }) => programKey(program_id, hash),
  indexes: [["created_at"], ["program_id", "created_at"]],
});
export const programKey = (program_id: string, hash: string): string => `${program_id}@${hash}`;
