import { ApiProperty } from '@nestjs/swagger';
import { IsArrayOf, IsOneOf, IsText, IsBoolean } from '../../common/validation/field-rules.js';

export type ActionType = 'VIEW' | 'EDIT';

export class CatalogPermission {
  @ApiProperty({
    description: 'Permission id, unique in the catalog.',
    maxLength: 255,
    example: 'payments:view',
  })
  @IsText()
  id!: string;

  @ApiProperty({
    description: 'Display title.',
    maxLength: 255,
    example: 'View payments, captures and refunds',
  })
  @IsText()
  title!: string;

  @ApiProperty({
    description: 'Description of what the permission allows.',
    maxLength: 1024,
    example: 'See payments, captures and refunds.',
  })
  @IsText({ max: 1024 })
  description!: string;

  @ApiProperty({
    description: 'Whether the permission allows viewing or editing.',
    enum: ['VIEW', 'EDIT'],
    example: 'VIEW',
  })
  @IsOneOf(['VIEW', 'EDIT'])
  action_type!: ActionType;
}

export class CatalogSection {
  @ApiProperty({ description: 'Display title.', maxLength: 255, example: 'Payments' })
  @IsText()
  title!: string;

  @ApiProperty({
    description: 'Whether only roles of type `organization` can have the permissions of the section.',
    example: false,
  })
  @IsBoolean()
  organization_only!: boolean;

  @ApiProperty({ description: 'The permissions of the section.', type: [CatalogPermission] })
  @IsArrayOf(() => CatalogPermission)
  permissions_catalog!: CatalogPermission[];
}
