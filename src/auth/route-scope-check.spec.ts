import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Public } from '../common/auth/public.decorator.js';
import { RouteScopeCheck } from './route-scope-check.js';
import { Scope } from '../common/auth/scope.decorator.js';

@Controller('declared')
class Declared {
  @Get('scoped')
  @Scope('users:read')
  scoped(): string {
    return 'scoped';
  }

  @Get('public')
  @Public()
  public(): string {
    return 'public';
  }

  noRoute(): string {
    return 'noRoute';
  }
}

@Public()
@Controller('public')
class AllPublic {
  @Get()
  get(): string {
    return 'get';
  }
}

@Controller('forgotten')
class Forgotten {
  @Get()
  @Scope('users:read')
  remembered(): string {
    return 'remembered';
  }

  @Get('forgotten')
  forgotten(): string {
    return 'forgotten';
  }
}

class Inherited extends Forgotten {}

async function start(...controllers: Type[]): Promise<void> {
  @Module({ imports: [DiscoveryModule], controllers, providers: [RouteScopeCheck] })
  class Application {}

  const application = await Test.createTestingModule({ imports: [Application] }).compile();
  await application.init();
}

describe('RouteScopeCheck: the service', () => {
  it('starts when every route has @Scope() or @Public()', async () => {
    await expect(start(Declared, AllPublic)).resolves.toBeUndefined();
  });

  it('does not start when a route has neither, and names the route', async () => {
    await expect(start(Declared, Forgotten)).rejects.toThrow(/: Forgotten\.forgotten$/);
  });

  it('does not start when an inherited route has neither', async () => {
    Controller('inherited')(Inherited);
    await expect(start(Inherited)).rejects.toThrow(/: Inherited\.forgotten$/);
  });
});
