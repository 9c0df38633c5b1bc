export const SECRET_SHOWN_ONCE =
  'The secret was in the first answer only, and is kept nowhere. Rotate the key for a new one.';

/** What is kept of an answer: all but a secret that it shows, with the reason in its place. */
export function storedAnswer(body: object): object {
  if (!('private_secret_key' in body)) return body;
  return { ...body, private_secret_key: null, private_secret_key_note: SECRET_SHOWN_ONCE };
}
