import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsText, IsUuid, OptionalField } from './field-rules.js';

interface FieldDocumentation {
  description: string;
  required?: false;
  example: string;
}

/** A string of `min` to `max` characters, in the validation rules and in the OpenAPI document. */
export function TextField({
  min = 1,
  max = 255,
  example,
  ...rest
}: FieldDocumentation & { min?: number; max?: number }): PropertyDecorator {
  return applyDecorators(
    IsText({ min, max }),
    ...optionality(rest),
    ApiProperty({ ...rest, minLength: min, maxLength: max, example }),
  );
}

/** A UUID, in the validation rules and in the OpenAPI document. */
export function UuidField({ example, ...rest }: FieldDocumentation): PropertyDecorator {
  return applyDecorators(IsUuid(), ...optionality(rest), ApiProperty({ ...rest, format: 'uuid', example }));
}

function optionality({ required }: { required?: false }): PropertyDecorator[] {
  return required === false ? [OptionalField()] : [];
}
