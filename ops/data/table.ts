/** A file of rows and columns as cells of text, whatever its form. */
export interface Table {
  /** What damages are said of. */
  readonly name: string;
  /** None: the columns are known by their position. */
  readonly header: readonly string[] | undefined;
  /** Of typed columns: rows are numbered from 1, and there is no line for the header. */
  readonly isTable: boolean;
  /** Rows of cells, many at a time; a batch is never empty. Throws a Damage. */
  batches(): AsyncGenerator<string[][]>;
  close(): void;
}
