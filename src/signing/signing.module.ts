import { Module } from '@nestjs/common';
import { EncryptionKey } from './encryption-key.js';
import { JwksController } from './jwks.controller.js';
import { PublishedKeysService } from './published-keys.service.js';
import { SigningKeysService } from './signing-keys.service.js';

@Module({
  controllers: [JwksController],
  providers: [EncryptionKey, PublishedKeysService, SigningKeysService],
  exports: [PublishedKeysService, SigningKeysService],
})
export class SigningModule {}
