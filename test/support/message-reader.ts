/** Puts the messages of PostgreSQL's protocol together again, whatever pieces they come in. */
export class MessageReader {
  private unread = Buffer.alloc(0);

  /** @param skipped bytes at the beginning that are no message */
  constructor(
    private readonly note: (type: string, body: Buffer) => void,
    first: Buffer,
    skipped = 0,
  ) {
    this.read(first.subarray(skipped));
  }

  read(bytes: Buffer): void {
    let rest = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      this.note(rest.toString('latin1', 0, 1), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
    this.unread = Buffer.from(rest);
  }
}
