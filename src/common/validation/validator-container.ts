import type { INestApplicationContext, Type } from '@nestjs/common';
import { useContainer } from 'class-validator';

/**
 * Lets validators have services.
 * @param withServices validators that Nest instantiates; all others are instantiated here, once each
 */
export function registerValidators(app: INestApplicationContext, withServices: readonly Type[]): void {
  const instances = new Map<unknown, unknown>();
  useContainer({
    get: <T>(validator: Type<T>): T => {
      const known = instances.get(validator) as T | undefined;
      if (known !== undefined) return known;
      const instance = withServices.includes(validator)
        ? app.get(validator, { strict: false })
        : new validator();
      instances.set(validator, instance);
      return instance;
    },
  });
}
