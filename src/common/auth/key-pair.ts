import { customAlphabet } from 'nanoid';
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 131 random bits, enough for global uniqueness. */
const publicPart = customAlphabet(BASE62, 22);
/** 256 random bits. */
const secretPart = customAlphabet(BASE62, 43);
const PUBLIC_KEY = /^pk_[0-9A-Za-z]{28}$/;
const SECRET_KEY = /^sk_[0-9A-Za-z]{49}$/;

export interface KeyPair {
  public_api_key: string;
  private_secret_key: string;
}

/** Each key is `pk_` or `sk_`, random base62, and six characters of CRC32, which detects typing errors. */
export function createKeyPair(): KeyPair {
  return {
    public_api_key: withChecksum(`pk_${publicPart()}`),
    private_secret_key: withChecksum(`sk_${secretPart()}`),
  };
}

/** Checks format and checksums, without the database. */
export function isWellFormed(publicKey: unknown, secretKey: unknown): boolean {
  return hasFormat(publicKey, PUBLIC_KEY) && hasFormat(secretKey, SECRET_KEY);
}

/** A fast hash is sufficient, because the secret has 256 random bits. */
export function hashOfSecret(secretKey: string): Buffer {
  return hash('sha256', secretKey, 'buffer');
}

function hasFormat(key: unknown, format: RegExp): boolean {
  return typeof key === 'string' && format.test(key) && withChecksum(key.slice(0, -6)) === key;
}

function withChecksum(text: string): string {
  return text + toBase62(crc32(text)).padStart(6, '0');
}

function toBase62(value: number): string {
  const digit = BASE62.charAt(value % 62);
  return value < 62 ? digit : toBase62(Math.floor(value / 62)) + digit;
}
