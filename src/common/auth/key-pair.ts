import { customAlphabet } from 'nanoid';
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 22 characters carry 131 bits: enough to be unique everywhere. */
const publicPart = customAlphabet(BASE62, 22);
/** 43 characters carry 256 bits. */
const secretPart = customAlphabet(BASE62, 43);
const PUBLIC_KEY = /^pk_[0-9A-Za-z]{28}$/;
const SECRET_KEY = /^sk_[0-9A-Za-z]{49}$/;

export interface KeyPair {
  public_api_key: string;
  private_secret_key: string;
}

/** `pk_` or `sk_`, random base62, and six characters of CRC32 that tell a typing error from a wrong key. */
export function newKeyPair(): KeyPair {
  return {
    public_api_key: withChecksum(`pk_${publicPart()}`),
    private_secret_key: withChecksum(`sk_${secretPart()}`),
  };
}

/** False for what cannot be a key pair at all; no database is needed to say so. */
export function isWellFormed(publicKey: unknown, secretKey: unknown): boolean {
  return hasForm(publicKey, PUBLIC_KEY) && hasForm(secretKey, SECRET_KEY);
}

/** The secret is 256 random bits, so that a fast hash is enough: there is nothing to guess. */
export function hashOfSecret(secretKey: string): Buffer {
  return hash('sha256', secretKey, 'buffer');
}

function hasForm(key: unknown, form: RegExp): boolean {
  return typeof key === 'string' && form.test(key) && withChecksum(key.slice(0, -6)) === key;
}

function withChecksum(text: string): string {
  return text + toBase62(crc32(text)).padStart(6, '0');
}

function toBase62(value: number): string {
  const digit = BASE62.charAt(value % 62);
  return value < 62 ? digit : toBase62(Math.floor(value / 62)) + digit;
}
