import { describe, expect, it } from '@jest/globals';
import { Delete, Get } from '@nestjs/common';
import { isRouteHandler } from './nest-routes.js';

class UsersController {
  @Get()
  list(): void {
    return;
  }

  @Delete(':id')
  remove(): void {
    return;
  }

  helper(): void {
    return;
  }
}

describe('isRouteHandler', () => {
  it.each([
    ['list', true],
    ['remove', true],
    ['helper', false],
  ] as const)('for the method %s returns %s', (method, expected) => {
    const handlers = UsersController.prototype as unknown as Record<typeof method, object>;
    expect(isRouteHandler(handlers[method])).toBe(expected);
  });
});
