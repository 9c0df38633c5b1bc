import { getMetadataStorage, MetadataStorage } from 'class-validator';

/**
 * Makes class-validator collect the rules of a class once. Without a cache it searches the metadata of all classes for
 * every object that it validates. All classes must be declared, and none may use validation groups.
 */
export function cacheValidationMetadata(): void {
  const storage = getMetadataStorage();
  const find = MetadataStorage.prototype.getTargetValidationMetadatas.bind(storage);
  const cache = new Map<unknown, ReturnType<typeof find>>();
  storage.getTargetValidationMetadatas = (target, ...more) => {
    const rules = cache.get(target) ?? find(target, ...more);
    cache.set(target, rules);
    return rules;
  };
}
