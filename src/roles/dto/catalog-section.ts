import { ApiProperty } from '@nestjs/swagger';
import { IsArrayOf, IsOneOf, IsText, IsBoolean } from '../../common/validation/field-rules.js';
import { Property } from '../../common/property.decorator.js';

export type ActionType = 'VIEW' | 'EDIT';

export class CatalogPermission {
  @Property('Permission id, unique in the catalog.', 'payments:view', { maxLength: 255 })
  @IsText()
  id!: string;

  @Property('Display title.', 'View payments, captures and refunds', { maxLength: 255 })
  @IsText()
  title!: string;

  @Property('Description of what the permission allows.', 'See payments, captures and refunds.', {
    maxLength: 1024,
  })
  @IsText({ max: 1024 })
  description!: string;

  @Property('Whether the permission allows viewing or editing.', 'VIEW', { enum: ['VIEW', 'EDIT'] })
  @IsOneOf(['VIEW', 'EDIT'])
  action_type!: ActionType;
}

export class CatalogSection {
  @Property('Display title.', 'Payments', { maxLength: 255 })
  @IsText()
  title!: string;

  @Property('Whether only roles of type `organization` can have the permissions of the section.', false)
  @IsBoolean()
  organization_only!: boolean;

  @ApiProperty({ description: 'The permissions of the section.', type: [CatalogPermission] })
  @IsArrayOf(() => CatalogPermission)
  permissions_catalog!: CatalogPermission[];
}
