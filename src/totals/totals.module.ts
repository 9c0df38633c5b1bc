import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RowCountChange } from './entities/row-count-change.entity.js';
import { RowCount } from './entities/row-count.entity.js';
import { RowCountAggregator } from './row-count-aggregator.js';

@Module({
  imports: [TypeOrmModule.forFeature([RowCount, RowCountChange])],
  providers: [RowCountAggregator],
})
export class TotalsModule {}
