import type { Express } from 'express';

/** An entry of Express's router stack, which its type declarations omit; middleware has no `route`. */
interface Layer {
  route?: { methods: Record<string, boolean> };
  /** Returns a truthy value for a matching path. */
  match(path: string): unknown;
}

interface Route {
  /** In upper case. */
  methods: string[];
  matches(path: string): boolean;
}

/** Returns all routes that are registered with the application. */
export function routesOf(express: Express): Route[] {
  const { stack } = express.router as unknown as { stack: Layer[] };
  return stack.flatMap((layer) => {
    if (layer.route === undefined) return [];
    const methods = Object.keys(layer.route.methods).map((method) => method.toUpperCase());
    return [{ methods, matches: (path: string) => matches(layer, path) }];
  });
}

function matches(layer: Layer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false; // the path has an invalid percent-encoding
  }
}
