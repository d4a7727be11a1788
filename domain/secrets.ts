import type { Json, JsonObject, LeafConfig } from './config.ts';
import { isArray, isObject } from './config.ts';
import { isSecretName } from './secret-name.ts';

/*
 * A secret in a config is `{"$secret": "…"}`, or a text below a user knob whose name tells that it is one.
 * Before anything else looks at the config its secrets are set aside: what is expanded, checked, hashed,
 * stored and shown has `{"$secret": "name"}` in their place, and their values are kept by name elsewhere.
 */

/** What stands for a secret wherever a config is shown. */
export const hidden = '***';

/** A service account's key file has 2,400 characters. */
const longestSecret = 8_192;

/** Deeper than any config goes; what is nested further is refused by whoever reads it next. */
const maxDepth = 64;

/** The values of secrets by name. */
export type Secrets = Readonly<Record<string, string>>;

export interface SetAside {
  readonly config: Json;
  readonly secrets: Secrets;
}

/** Sets the secrets of a config group aside. `set` starts their names; equal values share one. */
export const setSecretsAside = (group: Json, set: string): SetAside => {
  const names = new Map<string, string>();
  const mark = (value: Json): Json => {
    if (!isSecret(value)) return { $secret: null };
    const name = names.get(value) ?? `${set}-${names.size}`;
    names.set(value, name);
    return { $secret: name };
  };
  const config = replaceSecrets(group, mark, { depth: 0, inKnobs: false, isSecret: false });
  return { config, secrets: Object.fromEntries([...names].map(([value, name]) => [name, value])) };
};

/** What `{"$secret": …}` may hold; `***` would be the value that somebody was shown. */
const isSecret = (value: Json): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestSecret && value !== hidden;

export const secretRule = `a secret is a text of 1 to ${longestSecret} characters; ${hidden} is none`;

interface Place {
  readonly depth: number;
  /** Only there do names tell anything; elsewhere they are ours. */
  readonly inKnobs: boolean;
  readonly isSecret: boolean;
}

const replaceSecrets = (value: Json, mark: (value: Json) => Json, place: Place): Json => {
  if (place.depth > maxDepth) return null;
  const inside = { ...place, depth: place.depth + 1 };
  if (isArray(value)) return value.map((member) => replaceSecrets(member, mark, inside));
  if (!isObject(value)) return place.isSecret && isHideable(value) ? mark(value) : value;
  if ('$range' in value) return value;
  if (isWrapped(value)) return mark(value['$secret'] ?? null);
  const entries = Object.entries(value).map(([name, member]) => {
    const isSecret = place.isSecret || (place.inKnobs && isSecretName(name));
    const inKnobs = place.inKnobs || name === 'user_knobs';
    return [name, replaceSecrets(member, mark, { ...inside, inKnobs, isSecret })];
  });
  return Object.fromEntries(entries);
};

/** Below a secret's name only texts are hidden: `use_auth_token: true` tells nothing. */
const isHideable = (value: Json): boolean =>
  typeof value === 'string' && value !== '' && value !== hidden;

const isWrapped = (value: JsonObject): boolean =>
  '$secret' in value && Object.keys(value).length === 1;

/** The name of the secret that stands here, if one does. */
const secretNameOf = (value: Json): string | undefined => {
  if (!isObject(value) || !isWrapped(value)) return undefined;
  const { $secret: name } = value;
  return typeof name === 'string' ? name : undefined;
};

/** The names of all secrets of a config whose secrets were set aside. */
export const secretNamesIn = (value: Json): readonly string[] => {
  const name = secretNameOf(value);
  if (name !== undefined) return [name];
  if (isArray(value)) return value.flatMap(secretNamesIn);
  return isObject(value) ? Object.values(value).flatMap(secretNamesIn) : [];
};

/** The set that a secret of this name was put into. */
export const setOfSecret = (name: string): string => name.slice(0, name.lastIndexOf('-'));

/** A config as anybody may see it. */
export const hideSecrets = (value: Json): Json => {
  if (secretNameOf(value) !== undefined) return hidden;
  if (isArray(value)) return value.map(hideSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, hideSecrets(member)]),
  );
};

/** A leaf config as anybody may see it. */
export const shownConfig = (config: LeafConfig): LeafConfig => {
  const shown = hideSecrets(config);
  return isObject(shown) ? shown : {};
};
