import { ApiProperty } from '@nestjs/swagger';

const TIMESTAMP = {
  description: 'RFC 3339 in UTC, with milliseconds.',
  type: 'string',
  format: 'date-time',
  example: '2026-01-31T09:00:00.000Z',
} as const;

export class TimestampsResponse {
  @ApiProperty(TIMESTAMP)
  created_at!: Date;

  @ApiProperty(TIMESTAMP)
  updated_at!: Date;
}
