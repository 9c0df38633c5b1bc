import { ApiOperation } from '@nestjs/swagger';

/** Documents the operation. @param operationId unique in the OpenAPI document */
export const Operation = (operationId: string, summary: string, description: string): MethodDecorator =>
  ApiOperation({ operationId, summary, description });
