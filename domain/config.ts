/** A value as JSON carries it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** A leaf config: every knob has one value. Its shape is checked by `leaf-config.ts`. */
export type LeafConfig = JsonObject;

/** Of a part of a request's body, which was parsed from JSON, so that nothing else can be in it. */
export const asJson = (value: unknown): Json => (value === undefined ? null : (value as Json));

export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
