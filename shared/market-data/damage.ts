/** What is wrong with a file: said with the file and the line, so that a person can look there. */

export class Damage extends Error {
  readonly file: string;
  /** From 1; 0 means the file as a whole. */
  readonly line: number;
  readonly problem: string;

  constructor(file: string, line: number, problem: string) {
    super(line > 0 ? `${file}:${line}: ${problem}` : `${file}: ${problem}`);
    this.name = "Damage";
    this.file = file;
    this.line = line;
    this.problem = problem;
  }
}

/** Why a row cannot be taken, thrown where its line is not known. */
export class Unfit extends Error {}

/** The damage that a file's row is; everything that is no `Unfit` is another trouble, and stays what it is. */
export function damageAt(file: string, line: number, error: unknown): unknown {
  return error instanceof Unfit ? new Damage(file, line, error.message) : error;
}

/** Foreign text in a message: short, and without what would play with the terminal. */
export const shown = (value: unknown): string =>
  JSON.stringify(
    String(value)
      .slice(0, 40)
      .replace(/\p{Cc}/gu, "?"),
  );
