import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod/mini';
import type { Caller } from '../domain/caller.ts';
import { roles, usualCallsPerMinute } from '../domain/caller.ts';
import type { IdentityProvider } from '../domain/ports.ts';

interface OidcSettings {
  /** The provider's URL, exactly as `iss` has it. */
  readonly issuer: string;
  /** What tokens for us have as `aud`. */
  readonly audience: string;
}

/** A shared secret is no signature of the provider's. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/** Machines' clocks differ by this much. */
const clockTolerance = '5 s';

const workspace = z.string().check(z.regex(/^(\*|[a-z0-9][a-z0-9-]{0,31})$/));

/** What we read of a token; access is by two claims of our own, which the provider is set up to add. */
const claims = z.object({
  sub: z.string().check(z.minLength(1)),
  email: z.optional(z.string()),
  preferred_username: z.optional(z.string()),
  fanfold_role: z.enum(roles),
  /** A list, or names separated by blanks. */
  fanfold_workspaces: z.pipe(
    z.transform((told: unknown) =>
      typeof told === 'string' ? told.split(' ').filter((name) => name !== '') : told,
    ),
    z.array(workspace).check(z.minLength(1)),
  ),
});

/** Accepts JWTs of one OpenID Connect issuer, whose keys it finds by the issuer's own document. */
export class OidcIdentityProvider implements IdentityProvider {
  readonly #settings: OidcSettings;
  #keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  async verify(token: string): Promise<Caller | undefined> {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
    const payload = await this.#payload(token);
    return payload && callerOf(payload);
  }

  /** What the token says, if it is the provider's, for us, and now. */
  async #payload(token: string): Promise<JWTPayload | undefined> {
    const { issuer, audience } = this.#settings;
    try {
      const keys = await this.#foundKeys();
      const { payload } = await jwtVerify(token, keys, {
        ...{ issuer, audience, algorithms, clockTolerance },
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      // That the provider does not answer is a fault, and no word on the token.
      if (isAboutTheToken(error)) return undefined;
      throw error;
    }
  }

  #foundKeys() {
    this.#keys ??= findKeys(this.#settings.issuer).catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }
}

/** jose's general error, and its time-out, come of the provider's key set. */
const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);

/** OpenID Connect Discovery 1.0 §4. */
const findKeys = async (issuer: string) => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const { jwks_uri } = z.object({ jwks_uri: z.url() }).parse(await answer.json());
  return createRemoteJWKSet(new URL(jwks_uri));
};

const callerOf = (payload: JWTPayload): Caller | undefined => {
  const parsed = z.safeParse(claims, payload);
  if (!parsed.success) return undefined;
  const { sub, email, preferred_username, fanfold_role, fanfold_workspaces } = parsed.data;
  return {
    id: `jwt:${sub}`,
    label: email ?? preferred_username ?? sub,
    role: fanfold_role,
    workspaces: fanfold_workspaces,
    callsPerMinute: usualCallsPerMinute,
  };
};
