import { ApiProperty } from '@nestjs/swagger';

export class StatusResponse {
  @ApiProperty({ description: 'Always `ok`.', enum: ['ok'], example: 'ok' })
  status!: 'ok';
}
