#!/usr/bin/env node
// Checks a file that "cli -- audit export" wrote, without the database and without any package:
//
//   node tools/verify-audit-export.js file.ndjson [--keys jwks.json]
//
// Every event's hash is worked out again from the event and the hash before it, and every checkpoint's
// signature is checked by the public keys in the file. Whoever can write the file can also put keys into it:
// with --keys only those in that JSON Web Key Set count, which somebody kept elsewhere.
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const FORM = 'tenantry-audit-export/1';

class Fault extends Error {}

/** RFC 8785 for what JSON can hold: members by the UTF-16 units of their names, no white space. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(',')}}`;
}

/** Thumbprint of a public key (RFC 7638), which is its name. */
function kidOf({ crv, kty, x, y }) {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** What the checkpoint says, once its signature is known to be right. */
function claimsOf(token, keys) {
  const [header, payload, signature] = token.split('.');
  const { alg, kid, typ } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const jwk = keys.get(kid);
  if (jwk === undefined) throw new Fault(`was signed by the key ${kid}, which is unknown`);
  const isRight =
    alg === 'ES256' &&
    typ === 'audit-checkpoint+jwt' &&
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  if (!isRight) throw new Fault('has a wrong signature');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

function checkEvent(chain, { sequence, hash, event_id, event }) {
  const expected = chain.sequence + 1;
  if (sequence !== expected)
    throw new Fault(`position ${expected} is missing from the chain: its seal was removed`);
  const where = `event ${event_id}, at ${sequence} in the chain,`;
  if (event === null) throw new Fault(`${where} was removed`);
  if (event.id !== event_id || event.organization_id !== chain.organization)
    throw new Fault(`${where} is another event`);
  const worked = createHash('sha256').update(chain.hash).update(canonical(event)).digest();
  if (worked.toString('hex') !== hash)
    throw new Fault(`${where} was changed, or does not belong at this position`);
  return { ...chain, sequence, hash: worked };
}

function checkCheckpoint(chain, { sequence, token }) {
  const where = `the checkpoint at ${sequence}`;
  if (sequence > chain.sequence) throw new Fault(`the chain was truncated: ${where} is after its end`);
  try {
    const { org, seq, hash } = claimsOf(token, chain.keys);
    if (org !== chain.organization || seq !== chain.sequence || hash !== chain.hash.toString('hex'))
      throw new Fault('was signed for another chain');
  } catch (error) {
    throw new Fault(`${where} ${error instanceof Fault ? error.message : 'is no checkpoint'}`);
  }
  return { ...chain, checkpoints: chain.checkpoints + 1 };
}

function check(chain, entry) {
  if (chain.organization === undefined) {
    if (entry.type !== 'export' || entry.form !== FORM) throw new Fault(`this is no ${FORM}`);
    return { ...chain, organization: entry.organization_id };
  }
  switch (entry.type) {
    case 'public_key':
      if (!chain.areKeysGiven) chain.keys.set(kidOf(entry.jwk), entry.jwk);
      return chain;
    case 'event':
      return checkEvent(chain, entry);
    case 'checkpoint':
      return checkCheckpoint(chain, entry);
    default:
      throw new Fault(`there is a line of an unknown type: ${entry.type}`);
  }
}

function keysIn(file) {
  const { keys } = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(keys.map((jwk) => [kidOf(jwk), jwk]));
}

async function checkFile(file, keysFile) {
  let chain = {
    organization: undefined,
    sequence: 0,
    hash: Buffer.alloc(32),
    checkpoints: 0,
    areKeysGiven: keysFile !== undefined,
    keys: keysFile === undefined ? new Map() : keysIn(keysFile),
  };
  for await (const line of createInterface({ input: createReadStream(file) }))
    chain = check(chain, JSON.parse(line));
  if (chain.organization === undefined) throw new Fault('the file is empty');
  return chain;
}

const [file, option, keysFile] = process.argv.slice(2);
if (file === undefined || (option !== undefined && (option !== '--keys' || keysFile === undefined))) {
  console.error('Usage: node tools/verify-audit-export.js file.ndjson [--keys jwks.json]');
  process.exit(2);
}
try {
  const { organization, sequence, checkpoints, keys } = await checkFile(file, keysFile);
  console.log(`Organization ${organization}: ${sequence} events hold, ${checkpoints} checkpoints hold.`);
  for (const kid of keys.keys()) console.log(`Public key: ${kid}`);
} catch (error) {
  console.error(`The audit trail does not hold: ${error.message}.`);
  process.exit(1);
}
