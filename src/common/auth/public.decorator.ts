import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const IS_PUBLIC = 'tenantry:public';

/** Opens a route or a controller to callers without keys. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
