import { PATH_METADATA } from '@nestjs/common/constants.js';

/** Returns whether the method of a controller is a route: it has a decorator such as `@Get()`. */
export function isRouteHandler(method: object): boolean {
  return Reflect.hasMetadata(PATH_METADATA, method);
}
