import { PROBLEMS, type FieldCode, type ProblemCode } from './catalogue.js';

/** One invalid field. */
export interface FieldError {
  /** Path in the request: `a.b`, `a[0].b`. */
  field: string;
  code: FieldCode;
  message: string;
}

/** The body of every error response: RFC 9457 with extension members. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  messages: string[];
  errors: FieldError[];
  request_id: string;
}

/** Header of errors that are likely to be over soon. */
export const RETRY_AFTER_ONE_SECOND = { 'Retry-After': '1' } as const;

interface ProblemOptions {
  errors?: readonly FieldError[];
  headers?: Readonly<Record<string, string>>;
  /** Replaces the explanation of the catalogue in `messages`. */
  detail?: string;
  cause?: unknown;
}

/** The error class of services, guards and pipes; ProblemFilter converts it to the response. */
export class Problem extends Error {
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  private readonly detail: string;

  constructor(
    readonly code: ProblemCode,
    { errors = [], headers = {}, detail = PROBLEMS[code].when, cause }: ProblemOptions = {},
  ) {
    super(PROBLEMS[code].title, { cause });
    this.errors = errors;
    this.headers = headers;
    this.detail = detail;
  }

  toBody(requestId: string): ProblemBody {
    const { title, status } = PROBLEMS[this.code];
    const messages = this.errors.map(({ field, message }) => `${field}: ${message}`);
    return {
      type: `/errors#${this.code}`,
      title,
      status,
      code: this.code,
      messages: messages.length > 0 ? messages : [this.detail],
      errors: [...this.errors],
      request_id: requestId,
    };
  }
}
