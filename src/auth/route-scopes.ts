import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { IS_PUBLIC } from '../common/auth/public.decorator.js';
import { REQUIRED_SCOPE } from '../common/auth/scope.decorator.js';

type Controllers = ReturnType<DiscoveryService['getControllers']>;

/** A route for which nobody has decided what a key needs must not be served. */
@Injectable()
export class RouteScopes implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws when a route declares neither a scope nor that it is public */
  onModuleInit(): void {
    const undecided = this.discovery.getControllers().flatMap((controller) => this.undecidedOf(controller));
    if (undecided.length === 0) return;
    throw new Error(`Neither @Scope() nor @Public() stands on: ${undecided.join(', ')}`);
  }

  private undecidedOf({ metatype }: Controllers[number]): string[] {
    const controller = metatype as Type | null;
    if (controller === null) return [];
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((method) => this.isUndecided(prototype[method], controller))
      .map((method) => `${controller.name}.${method}`);
  }

  private isUndecided(handler: (() => unknown) | undefined, controller: Type): boolean {
    return (
      handler !== undefined &&
      Reflect.hasMetadata(PATH_METADATA, handler) &&
      !Reflect.hasMetadata(REQUIRED_SCOPE, handler) &&
      !this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [handler, controller])
    );
  }
}
