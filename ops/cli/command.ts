/** What a command of the CLI is. */
export interface Command {
  /** Shown by --help. */
  usage: string;
  /** Of one of its own commands, where the arguments name one. */
  usageOf?(args: string[]): Promise<string | undefined>;
  /** Answers the exit code. */
  run(args: string[]): Promise<number>;
}
