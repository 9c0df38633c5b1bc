import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const IS_PUBLIC = 'tenantry:public';

/** Allows requests without API keys on a route or a controller. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
