import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { IS_PUBLIC } from '../common/auth/public.decorator.js';
import { REQUIRED_SCOPE } from '../common/auth/scope.decorator.js';
import { isRouteHandler } from '../common/library-internals/nest-routes.js';

type Controllers = ReturnType<DiscoveryService['getControllers']>;

/** Prevents the start of a service with a route that declares neither `@Scope()` nor `@Public()`. */
@Injectable()
export class RouteScopeCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming the routes without a declaration */
  onModuleInit(): void {
    const undeclared = this.discovery.getControllers().flatMap((controller) => this.undeclaredIn(controller));
    if (undeclared.length === 0) return;
    throw new Error(`Routes need @Scope() or @Public(): ${undeclared.join(', ')}`);
  }

  private undeclaredIn({ metatype }: Controllers[number]): string[] {
    const controller = metatype as Type | null;
    if (controller === null) return [];
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((method) => this.isUndeclared(prototype[method], controller))
      .map((method) => `${controller.name}.${method}`);
  }

  private isUndeclared(handler: (() => unknown) | undefined, controller: Type): boolean {
    return (
      handler !== undefined &&
      isRouteHandler(handler) &&
      !Reflect.hasMetadata(REQUIRED_SCOPE, handler) &&
      !this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [handler, controller])
    );
  }
}
