import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Problem } from '../errors/problem.js';
import { cutToShape, MOST_ERRORS } from './body-shape.js';
import { fieldErrorsOf } from './field-errors.js';

/** Turns a body into its DTO, or answers every rule that it breaks at once. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: false, value: true }, // the value tells arrays from objects in paths
      exceptionFactory: (tree: ValidationError[]) =>
        new Problem('VALIDATION_ERROR', { errors: fieldErrorsOf(tree) }),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isGiven = metadata.type === 'body' || metadata.type === 'query';
    const shape = isGiven ? cutToShape(value as object) : [];
    if (shape.length === 0) return (await super.transform(value, metadata)) as unknown;
    const rest = shape.length < MOST_ERRORS ? await this.errorsOfRest(value, metadata) : [];
    const told = new Set(shape.map(({ field }) => field));
    const untold = rest.filter(({ field }) => !pathsTo(field).some((path) => told.has(path)));
    throw new Problem('VALIDATION_ERROR', { errors: [...shape, ...untold] });
  }

  /** What class-transformer could choke on is cut away before; neither JSON nor a query has gaps or bytes. */
  protected override stripProtoKeys(): void {
    return;
  }

  protected override closeArrayGaps(): void {
    return;
  }

  protected override findNestedBinaryValues(): [] {
    return [];
  }

  private async errorsOfRest(value: unknown, metadata: ArgumentMetadata): Promise<Problem['errors']> {
    try {
      await super.transform(value, metadata);
      return [];
    } catch (error) {
      if (error instanceof Problem) return error.errors;
      throw error;
    }
  }
}

/** `a[0].b`: itself, `a[0]` and `a`. */
function pathsTo(field: string): string[] {
  return [field, ...Array.from(field.matchAll(/[.[]/g), ({ index }) => field.slice(0, index))];
}
