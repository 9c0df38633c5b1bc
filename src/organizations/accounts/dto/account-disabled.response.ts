import { ApiProperty } from '@nestjs/swagger';

export const ACCOUNT_DISABLED = 'Account disabled successfully';

export class AccountDisabledResponse {
  @ApiProperty({
    description: 'That the account is disabled.',
    enum: [ACCOUNT_DISABLED],
    example: ACCOUNT_DISABLED,
  })
  message!: string;
}
