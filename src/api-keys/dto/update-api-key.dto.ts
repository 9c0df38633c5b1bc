import {
  AddressesField,
  ExpiryField,
  ScopesField,
  type AddressEntry,
  type ScopeEntry,
} from './create-api-key.dto.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateApiKeyDto {
  @TextField('New name.', 'Billing', { required: false })
  name?: string;

  @ScopesField('All scopes that the key is to have.')
  scopes?: ScopeEntry[];

  @ExpiryField()
  expires_at?: string | null;

  @AddressesField()
  allowed_ips?: AddressEntry[];
}
