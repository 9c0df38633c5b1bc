import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** Documents a property of a request or a response; ApiProperty documents nested objects, which need no example. */
export function Property(
  description: string,
  example: unknown,
  options: ApiPropertyOptions = {},
): PropertyDecorator {
  return ApiProperty({ description, ...options, example });
}

/** The same for a property that may be absent. */
export const OptionalProperty: typeof Property = (description, example, options) =>
  Property(description, example, { ...options, required: false } as ApiPropertyOptions);
