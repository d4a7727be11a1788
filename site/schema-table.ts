/** The parts of JSON Schema that the contract uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Field {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** A table with the fields of an object, those of inner objects by dotted names, `[]` for each of a list. */
export const fieldTable = (schema: Schema, presence: 'Required' | 'Always'): string => {
  const rows = fields(schema).map(
    ({ name, schema, required }) =>
      `| \`${name}\` | ${typeText(schema)} | ${required ? 'yes' : ''} | ${defaultText(schema)} |`,
  );
  if (rows.length === 0) return `One value: ${typeText(schema)}.`;
  const head = [`| Field | Type | ${presence} | Default |`, '| --- | --- | --- | --- |'];
  return [...head, ...new Set(rows)].join('\n');
};

/** A schema in a few words. */
export const typeText = (schema: Schema): string => {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const branches = branchesOf(schema);
  if (branches.length > 0) return [...new Set(branches.map(typeText))].join(' or ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.format === 'date-time') return 'time (ISO 8601, UTC)';
  if (typeof schema.type === 'string') return `${schema.type}${bounds(schema)}`;
  return 'any JSON';
};

const bounds = ({ minimum, maximum }: Schema): string => {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  return maximum === undefined ? '' : ` up to ${maximum}`;
};

const defaultText = ({ default: value }: Schema): string =>
  value === undefined ? '' : `\`${JSON.stringify(value)}\``;

const branchesOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];

const fields = (schema: Schema, prefix = ''): readonly Field[] => [
  ...branchesOf(schema).flatMap((branch) => fields(branch, prefix)),
  ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    const required = schema.required?.includes(key) ?? false;
    return [{ name, schema: inner, required }, ...fieldsWithin(inner, name)];
  }),
];

const fieldsWithin = (schema: Schema, name: string): readonly Field[] =>
  schema.type === 'array' ? fields(schema.items ?? {}, `${name}[].`) : fields(schema, `${name}.`);
