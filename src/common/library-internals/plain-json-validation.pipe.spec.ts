import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import { IsString } from 'class-validator';
import { PlainJsonValidationPipe } from './plain-json-validation.pipe.js';

class Body {
  @IsString()
  name!: string;
}

class Pipe extends PlainJsonValidationPipe {}

type Checks = Record<'stripProtoKeys' | 'closeArrayGaps' | 'findNestedBinaryValues', () => unknown>;

describe('PlainJsonValidationPipe', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(['stripProtoKeys', 'closeArrayGaps', 'findNestedBinaryValues'] as const)(
    'skips %s of ValidationPipe',
    async (check) => {
      const spy = jest.spyOn(ValidationPipe.prototype as unknown as Checks, check);
      const metadata = { type: 'body', metatype: Body } as const;
      const options = { transform: true, whitelist: true };
      await new Pipe(options).transform({ name: 'a' }, metadata);
      expect(spy).not.toHaveBeenCalled();
      await new ValidationPipe(options).transform({ name: 'a' }, metadata);
      expect(spy).toHaveBeenCalled();
    },
  );
});
