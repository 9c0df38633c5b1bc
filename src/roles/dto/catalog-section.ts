import { ApiProperty } from '@nestjs/swagger';
import { IsArrayOf, IsOneOf, IsText, IsBoolean } from '../../common/validation/field-rules.js';

export type ActionType = 'VIEW' | 'EDIT';

/** One thing that a role can allow. */
export class CatalogPermission {
  @ApiProperty({
    description: 'Permission id, unique in the catalog.',
    maxLength: 255,
    example: 'payments:view',
  })
  @IsText()
  id!: string;

  @ApiProperty({
    description: 'Title, for people.',
    maxLength: 255,
    example: 'View payments, captures and refunds',
  })
  @IsText()
  title!: string;

  @ApiProperty({
    description: 'What it allows.',
    maxLength: 1024,
    example: 'See payments, captures and refunds.',
  })
  @IsText({ max: 1024 })
  description!: string;

  @ApiProperty({ description: 'Whether it lets see or change.', enum: ['VIEW', 'EDIT'], example: 'VIEW' })
  @IsOneOf(['VIEW', 'EDIT'])
  action_type!: ActionType;
}

/** Permissions that belong together. */
export class CatalogSection {
  @ApiProperty({ description: 'Title, for people.', maxLength: 255, example: 'Payments' })
  @IsText()
  title!: string;

  @ApiProperty({ description: 'Its permissions only fit roles of type `organization`.', example: false })
  @IsBoolean()
  organization_only!: boolean;

  @ApiProperty({ description: 'The permissions of the section.', type: [CatalogPermission] })
  @IsArrayOf(() => CatalogPermission)
  permissions_catalog!: CatalogPermission[];
}
