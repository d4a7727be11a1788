/** A value as JSON carries it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** A leaf config: every knob has one value. Its shape is checked by `leaf-config.ts`. */
export type LeafConfig = JsonObject;

export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
