import { describe, expect, it } from '@jest/globals';
import { Get } from '@nestjs/common';
import { isRouteHandler } from './nest-routes.js';

describe('isRouteHandler', () => {
  it('returns whether a method has a decorator such as @Get()', () => {
    const [route, helper] = [(): void => undefined, (): void => undefined];
    Get()({}, 'route', { value: route });
    expect([route, helper].map(isRouteHandler)).toEqual([true, false]);
  });
});
