/** Splits a stream of bytes into messages of the PostgreSQL protocol. */
export class MessageReader {
  private unread = Buffer.alloc(0);

  /** @param skipped bytes to skip at the start of the stream */
  constructor(
    private readonly onMessage: (type: string, body: Buffer) => void,
    first: Buffer,
    skipped = 0,
  ) {
    this.read(first.subarray(skipped));
  }

  read(bytes: Buffer): void {
    let rest = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      this.onMessage(rest.toString('latin1', 0, 1), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
    this.unread = Buffer.from(rest);
  }
}
