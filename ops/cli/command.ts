/** What a command of the CLI is. */
export interface Command {
  /** Shown by --help. */
  usage: string;
  /** Answers the exit code. */
  run(args: string[]): Promise<number>;
}
