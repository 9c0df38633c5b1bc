import type { Express } from 'express';
import { routesOf } from '../library-internals/express-routes.js';

/** Returns the methods of the routes that match the path, sorted; empty when no route matches. */
export function allowedMethods(express: Express, path: string): string[] {
  const methods = routesOf(express)
    .filter((route) => route.matches(path))
    .flatMap((route) => route.methods);
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].sort();
}
