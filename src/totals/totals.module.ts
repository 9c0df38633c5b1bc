import { Module } from '@nestjs/common';
import { FoldingService } from './folding.service.js';

@Module({ providers: [FoldingService] })
export class TotalsModule {}
