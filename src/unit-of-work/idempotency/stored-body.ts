export const SECRET_SHOWN_ONCE =
  'The secret was only in the first response and is not stored. Rotate the key to get a new one.';

/** Replaces the secret in a response body with a note. */
export function toStoredBody(body: object): object {
  if (!('private_secret_key' in body)) return body;
  return { ...body, private_secret_key: null, private_secret_key_note: SECRET_SHOWN_ONCE };
}
