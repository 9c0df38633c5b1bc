import { Module } from '@nestjs/common';
import { SigningModule } from '../signing/signing.module.js';
import { UsersModule } from '../users/users.module.js';
import { EmbedTokensController } from './embed-tokens.controller.js';
import { EmbedTokensService } from './embed-tokens.service.js';
import { TokenIssuer } from './token-issuer.js';

@Module({
  imports: [SigningModule, UsersModule],
  controllers: [EmbedTokensController],
  providers: [EmbedTokensService, TokenIssuer],
})
export class EmbedTokensModule {}
