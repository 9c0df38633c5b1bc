import { Property } from '../../../common/property.decorator.js';

export const ACCOUNT_DISABLED = 'Account disabled successfully';

export class AccountDisabledResponse {
  @Property('Always the same text.', ACCOUNT_DISABLED, { enum: [ACCOUNT_DISABLED] })
  message!: string;
}
