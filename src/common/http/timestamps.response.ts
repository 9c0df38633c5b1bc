import { ApiProperty } from '@nestjs/swagger';

export class TimestampsResponse {
  @ApiProperty({
    description: 'RFC 3339 in UTC, with milliseconds.',
    type: 'string',
    format: 'date-time',
    example: '2026-01-31T09:00:00.000Z',
  })
  created_at!: Date;

  @ApiProperty({
    description: 'RFC 3339 in UTC, with milliseconds.',
    type: 'string',
    format: 'date-time',
    example: '2026-01-31T09:00:00.000Z',
  })
  updated_at!: Date;
}
