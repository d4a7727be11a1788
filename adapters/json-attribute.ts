import { any } from 'dynamodb-toolbox/schema/any';
import { jsonStringify } from 'dynamodb-toolbox/transformers/jsonStringify';

/**
 * A value kept as one JSON text: what is nested is never asked for by DynamoDB, and so it keeps the order
 * of its members, its numbers and names like `__proto__`, which DynamoDB's own maps do not.
 */
export const json = <T>() => any().castAs<T>().transform(jsonStringify());
