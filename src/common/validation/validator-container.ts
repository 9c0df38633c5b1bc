import type { INestApplicationContext, Type } from '@nestjs/common';
import { getMetadataStorage, MetadataStorage, useContainer } from 'class-validator';

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

/**
 * class-validator looks through all classes there are for the rules of each object that it checks. They stay as they
 * are, and none of them is for some groups only.
 */
export function rememberRules(): void {
  const storage = getMetadataStorage();
  const find = MetadataStorage.prototype.getTargetValidationMetadatas.bind(storage);
  const known = new Map<unknown, ReturnType<typeof find>>();
  storage.getTargetValidationMetadatas = (target, ...more) => {
    const rules = known.get(target) ?? find(target, ...more);
    known.set(target, rules);
    return rules;
  };
}
