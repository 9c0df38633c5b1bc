import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { IsString, MetadataStorage, validate } from 'class-validator';
import { cacheValidationMetadata } from './validation-metadata.js';

class Named {
  @IsString()
  name: unknown;
}

class NamedTwice extends Named {
  @IsString()
  last_name: unknown;
}

describe('cacheValidationMetadata', () => {
  const collect = jest.spyOn(MetadataStorage.prototype, 'getTargetValidationMetadatas');

  beforeAll(() => {
    cacheValidationMetadata();
  });

  it.each([
    [Named, ['name']],
    [NamedTwice, ['last_name', 'name']],
  ])('makes class-validator collect the rules of %p once', async (type, invalid) => {
    collect.mockClear();
    for (let times = 0; times < 3; times += 1) {
      const errors = await validate(new type(), { whitelist: true, forbidNonWhitelisted: true });
      expect(errors.map(({ property }) => property).sort()).toEqual(invalid);
    }
    expect(collect).toHaveBeenCalledTimes(1);
  });
});
