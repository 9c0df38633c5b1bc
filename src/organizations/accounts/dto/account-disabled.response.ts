import { ApiProperty } from '@nestjs/swagger';

export const ACCOUNT_DISABLED = 'Account disabled successfully';

export class AccountDisabledResponse {
  @ApiProperty({ description: 'Always the same text.', enum: [ACCOUNT_DISABLED], example: ACCOUNT_DISABLED })
  message!: string;
}
