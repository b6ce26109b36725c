/** A statement's failure with ArangoDB's number for it. */

export class AqlError extends Error {
  readonly number: number;
  readonly status: number;
  constructor(number: number, message: string, status = STATUS.get(number) ?? 400) {
    super(message);
    this.name = "AqlError";
    this.number = number;
    this.status = status;
  }
}

/** HTTP statuses of errors that are not 400, as the HTTP API's pages have them. */
const STATUS = new Map([
  [11, 403],
  [1200, 409],
  [1202, 404],
  [1203, 404],
  [1210, 409],
  [1228, 404],
  [1654, 409],
  [1655, 404],
  [1924, 404],
]);

export const parseError = (message: string): AqlError => new AqlError(1501, `syntax error: ${message}`);
