import { ValidationPipe } from '@nestjs/common';

/**
 * Nest's ValidationPipe without three checks that it makes of every value, nested values included. Parsed JSON and
 * query strings contain neither sparse arrays nor binary values, and `__proto__` is removed by sanitizeInput.
 */
export abstract class PlainJsonValidationPipe extends ValidationPipe {
  protected override stripProtoKeys(): void {
    return;
  }

  protected override closeArrayGaps(): void {
    return;
  }

  protected override findNestedBinaryValues(): [] {
    return [];
  }
}
