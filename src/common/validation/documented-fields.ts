import { applyDecorators } from '@nestjs/common';
import { Property } from '../property.decorator.js';
import { IsText, IsUuid, OptionalField } from './field-rules.js';

interface FieldOptions {
  required?: false;
}

/** A string of `min` to `max` characters, in the validation rules and in the OpenAPI document. */
export function TextField(
  description: string,
  example: string,
  { min = 1, max = 255, ...options }: FieldOptions & { min?: number; max?: number } = {},
): PropertyDecorator {
  return applyDecorators(
    IsText({ min, max }),
    ...optionality(options),
    Property(description, example, { ...options, minLength: min, maxLength: max }),
  );
}

/** A UUID, in the validation rules and in the OpenAPI document. */
export function UuidField(
  description: string,
  example: string,
  options: FieldOptions = {},
): PropertyDecorator {
  return applyDecorators(
    IsUuid(),
    ...optionality(options),
    Property(description, example, { ...options, format: 'uuid' }),
  );
}

function optionality({ required }: FieldOptions): PropertyDecorator[] {
  return required === false ? [OptionalField()] : [];
}
