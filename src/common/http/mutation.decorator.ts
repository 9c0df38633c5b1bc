import { Reflector } from '@nestjs/core';

/** Marks a route that changes rows of the organization. */
export const Mutation = Reflector.createDecorator<true>();
