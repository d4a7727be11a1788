import type { Entity, FormattedItem, InputItem } from 'dynamodb-toolbox/entity';
import { EntityFormatter } from 'dynamodb-toolbox/entity/actions/format';
import { EntityParser } from 'dynamodb-toolbox/entity/actions/parse';
import type { ItemKey } from './table-keys.ts';

/** An item as DynamoDB's document client gives it. */
export type StoredItem = Record<string, unknown>;

/** The item that stands for a value, with its key. */
export const toItem = <E extends Entity>(entity: E, value: InputItem<E>): StoredItem & ItemKey => {
  const { item, key } = new EntityParser(entity).parse(value);
  return { ...item, ...checkedKey(key) };
};

/** The value an item stands for; an item that does not fit its entity is refused. */
export const fromItem = <E extends Entity>(entity: E, item: StoredItem): FormattedItem<E> =>
  new EntityFormatter(entity).format(item);

/** The item's key, from the parts of the value that make it up. */
export const keyOf = <E extends Entity>(entity: E, parts: object): ItemKey =>
  checkedKey(new EntityParser(entity).parse(parts, { mode: 'key' }).key);

const checkedKey = ({ pk, sk }: Record<string, unknown>): ItemKey => {
  if (typeof pk !== 'string' || typeof sk !== 'string') throw new TypeError('a key is two texts');
  return { pk, sk };
};
