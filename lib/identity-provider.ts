import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/** Tells a function whose JWTs are accepted, where anybody's are. */
export const identityProvider = ({ oidcIssuer, oidcAudience }: Settings): Access => ({
  environment: {
    ...(oidcIssuer !== undefined && { OIDC_ISSUER: oidcIssuer }),
    ...(oidcAudience !== undefined && { OIDC_AUDIENCE: oidcAudience }),
  },
  statements: [],
});
