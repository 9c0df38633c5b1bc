import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Problem } from '../errors/problem.js';
import { shapeErrorsOf } from './body-shape.js';
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
    const shape = metadata.type === 'body' ? shapeErrorsOf(value) : [];
    if (shape.length === 0) return (await super.transform(value, metadata)) as unknown;
    throw new Problem('VALIDATION_ERROR', {
      errors: [...shape, ...(await this.otherErrors(value, metadata, shape))],
    });
  }

  /** The same request may break the fields' own rules too; one answer tells all. */
  private async otherErrors(
    value: unknown,
    metadata: ArgumentMetadata,
    shape: Problem['errors'],
  ): Promise<Problem['errors']> {
    if (shape.some(({ message }) => message === 'is nested too deeply')) return [];
    try {
      await super.transform(value, metadata);
      return [];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error.errors.filter(({ field }) => !shape.some((told) => isAtOrBelow(field, told.field)));
    }
  }
}

function isAtOrBelow(field: string, top: string): boolean {
  return field === top || field.startsWith(`${top}.`) || field.startsWith(`${top}[`);
}
