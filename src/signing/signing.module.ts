import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EncryptionKey } from './encryption-key.js';
import { SigningKey } from './entities/signing-key.entity.js';
import { JwksController } from './jwks.controller.js';
import { PublishedKeysService } from './published-keys.service.js';
import { SigningKeysService } from './signing-keys.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([SigningKey])],
  controllers: [JwksController],
  providers: [EncryptionKey, PublishedKeysService, SigningKeysService],
  exports: [PublishedKeysService, SigningKeysService],
})
export class SigningModule {}
