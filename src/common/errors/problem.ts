import { PROBLEMS, type FieldCode, type ProblemCode } from './catalogue.js';

/** One offending field, in the request's own path form (`a.b`, `a[0].b`). */
export interface FieldError {
  field: string;
  code: FieldCode;
  message: string;
}

/** The body of every error answer: RFC 9457 with the API's own members. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  messages: string[];
  errors: FieldError[];
  request_id: string;
}

/** Seconds after which a client may try again when the database is away. */
export const RETRY_SOON = { 'Retry-After': '1' } as const;

interface ProblemParts {
  errors?: readonly FieldError[];
  headers?: Readonly<Record<string, string>>;
  /** For people, instead of the catalogue's words. */
  detail?: string;
  cause?: unknown;
}

/** The one error that services, guards and pipes throw; the filter turns it into the answer. */
export class Problem extends Error {
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  private readonly detail: string;

  constructor(
    readonly code: ProblemCode,
    { errors = [], headers = {}, detail = PROBLEMS[code].when, cause }: ProblemParts = {},
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
