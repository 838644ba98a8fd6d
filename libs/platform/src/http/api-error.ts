/** Body of every 4xx and 5xx answer. */
export interface ApiErrorBody {
  readonly statusCode: number;
  /** Stable, in capitals: for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  readonly issues?: readonly ApiIssue[];
}

export interface ApiIssue {
  readonly path: string;
  readonly message: string;
}

/** A request that the service refuses, with the reason. */
export class ApiException extends Error {
  override readonly name = 'ApiException';
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    readonly issues?: readonly ApiIssue[],
  ) {
    super(message);
  }

  toBody(): ApiErrorBody {
    const { statusCode, code, message, issues } = this;
    return { statusCode, code, message, ...(issues ? { issues } : {}) };
  }
}
