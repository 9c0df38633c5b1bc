import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Public } from '../common/auth/public.decorator.js';
import { RouteScopes } from './route-scopes.js';
import { Scope } from '../common/auth/scope.decorator.js';

@Controller('decided')
class Decided {
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
  @Module({ imports: [DiscoveryModule], controllers, providers: [RouteScopes] })
  class Application {}

  const application = await Test.createTestingModule({ imports: [Application] }).compile();
  await application.init();
}

describe('The service', () => {
  it('starts when every route declares a scope, or that it is public', async () => {
    await expect(start(Decided, AllPublic)).resolves.toBeUndefined();
  });

  it('does not start when a route declares neither, and names it', async () => {
    await expect(start(Decided, Forgotten)).rejects.toThrow(/on: Forgotten\.forgotten$/);
  });

  it('does not start for an inherited route either', async () => {
    Controller('inherited')(Inherited);
    await expect(start(Inherited)).rejects.toThrow(/on: Inherited\.forgotten$/);
  });
});
