import { createParamDecorator, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';

/** @throws Problem once the request's key does not count any more */
export type AdmittedStill = () => Promise<void>;

@Injectable()
class AskGuard implements PipeTransform<ExecutionContext, AdmittedStill> {
  constructor(private readonly guard: ApiKeyGuard) {}

  transform(execution: ExecutionContext): AdmittedStill {
    return () => this.guard.admitStill(execution);
  }
}

const Execution = createParamDecorator((_data: unknown, execution: ExecutionContext) => execution);

/** For an answer that takes long: what tells whether to go on with it. */
export const IsAdmittedStill = (): ParameterDecorator => Execution(AskGuard);
