/*
 * Knobs whose names tell that their value is a secret. Names are looked at in words: `HFToken`, `hf-token`
 * and `hf_token` are alike. `docs/secrets.md` says the same for users.
 */

/** These words make a name a secret's wherever they stand in it. */
const anywhere = new Set([
  'apikey',
  'apikeys',
  'credential',
  'credentials',
  'passphrase',
  'passwd',
  'password',
  'passwords',
  'pwd',
  'secret',
  'secrets',
]);

/** What is opened with a key, a token or a signature of this kind. */
const opened = new Set(['access', 'account', 'api', 'auth', 'bearer', 'encryption', 'private']);

/** Before `key` these make it a column's, a dictionary's or a cache's. */
const ofData = new Set(
  (
    'batch cache class column data dataset dict feature features foreign group id image index input label loss ' +
    'mask metric output primary prompt public response row sort state target text'
  ).split(' '),
);

/** Before `token` these make it a piece of text. */
const ofText = new Set(
  (
    'begin bos class cls end eos image mask newline pad padding prompt sep special start stop text unk ' +
    'unknown vision word'
  ).split(' '),
);

/** Whether a knob of this name holds a secret. */
export const isSecretName = (name: string): boolean => {
  const words = wordsOf(name);
  if (words.some((word) => anywhere.has(word))) return true;
  const [before, last] = [words.at(-2), words.at(-1) ?? ''];
  if (last === 'token') return before === undefined || !ofText.has(before);
  if (last === 'key') return before !== undefined && !ofData.has(before);
  return words.some((word, i) => opened.has(word) && /^(keys|tokens)$/.test(words[i + 1] ?? ''));
};

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3_$2$4')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
