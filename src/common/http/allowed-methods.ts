import type { Express } from 'express';

/** What Express keeps of a route; its type declarations leave it out. */
interface RouteLayer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

/** The methods that the path can be called with, sorted; empty when no route has it. */
export function allowedMethods(express: Express, path: string): string[] {
  const layers = (express.router as unknown as { stack: RouteLayer[] }).stack;
  const methods = layers
    .filter((layer) => layer.route !== undefined && matches(layer, path))
    .flatMap((layer) => Object.keys(layer.route?.methods ?? {}))
    .map((method) => method.toUpperCase());
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].sort();
}

function matches(layer: RouteLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // a path that cannot be decoded is nobody's
  }
}
