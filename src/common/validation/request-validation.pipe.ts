import { Injectable, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Problem } from '../errors/problem.js';
import { PlainJsonValidationPipe } from '../library-internals/plain-json-validation.pipe.js';
import { fieldErrorsOf } from './field-errors.js';
import { MAX_ERRORS, sanitizeInput } from './sanitize-input.js';

/** Converts a body or query to its DTO. @throws Problem VALIDATION_ERROR with all broken rules at once */
@Injectable()
export class RequestValidationPipe extends PlainJsonValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: false, value: true }, // field paths need the value, to tell arrays from objects
      exceptionFactory: (tree: ValidationError[]) =>
        new Problem('VALIDATION_ERROR', { errors: fieldErrorsOf(tree) }),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isInput = metadata.type === 'body' || metadata.type === 'query';
    const removed = isInput ? sanitizeInput(value as object) : [];
    if (removed.length === 0) return (await super.transform(value, metadata)) as unknown;
    const remaining = removed.length < MAX_ERRORS ? await this.collectErrors(value, metadata) : [];
    const removedPaths = new Set(removed.map(({ field }) => field));
    const others = remaining.filter(({ field }) => !pathsTo(field).some((path) => removedPaths.has(path)));
    throw new Problem('VALIDATION_ERROR', { errors: [...removed, ...others] });
  }

  private async collectErrors(value: unknown, metadata: ArgumentMetadata): Promise<Problem['errors']> {
    try {
      await super.transform(value, metadata);
      return [];
    } catch (error) {
      if (error instanceof Problem) return error.errors;
      throw error;
    }
  }
}

/** For `a[0].b`: the field itself, `a[0]` and `a`. */
function pathsTo(field: string): string[] {
  return [field, ...Array.from(field.matchAll(/[.[]/g), ({ index }) => field.slice(0, index))];
}
