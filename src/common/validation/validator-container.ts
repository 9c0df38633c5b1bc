import type { INestApplicationContext, Type } from '@nestjs/common';
import { useContainer } from 'class-validator';

/**
 * Tells class-validator where its rules come from.
 * @param withServices rules that Nest makes, with their services; all others are made here, once each
 */
export function provideRules(app: INestApplicationContext, withServices: readonly Type[]): void {
  const made = new Map<unknown, unknown>();
  useContainer({
    get: <T>(rule: Type<T>): T => {
      const known = made.get(rule) as T | undefined;
      if (known !== undefined) return known;
      const instance = withServices.includes(rule) ? app.get(rule, { strict: false }) : new rule();
      made.set(rule, instance);
      return instance;
    },
  });
}
