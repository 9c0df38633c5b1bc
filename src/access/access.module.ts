import { Module } from '@nestjs/common';
import { SigningModule } from '../signing/signing.module.js';
import { AccessController } from './access.controller.js';
import { AccessService } from './access.service.js';
import { EmbedTokensController } from './embed-tokens.controller.js';
import { EmbedTokensService } from './embed-tokens.service.js';
import { TokenIssuer } from './token-issuer.js';

@Module({
  imports: [SigningModule],
  controllers: [AccessController, EmbedTokensController],
  providers: [AccessService, EmbedTokensService, TokenIssuer],
})
export class AccessModule {}
