import manifest from '../package.json' with { type: 'json' };

/** Of this CLI; the service's own is in its OpenAPI document. */
export const { version } = manifest;
