import { createHash, randomBytes } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { awsSettings } from './aws.ts';

export const makeToken = (): string => randomBytes(32).toString('base64url');

/** Lets the token's bearer do everything, as an operator does it in AWS (docs/deploy.md). */
export const admit = async (token: string, endpoint: string, table: string): Promise<void> => {
  const sha256 = createHash('sha256').update(token).digest('hex');
  const item = { pk: `TOKEN#${sha256}`, sk: 'TOKEN', sha256, label: 'embedded', workspace: '*' };
  const Item = Object.fromEntries(Object.entries(item).map(([name, S]) => [name, { S }]));
  const dynamo = new DynamoDBClient(awsSettings(endpoint));
  await dynamo.send(new PutItemCommand({ TableName: table, Item }));
};
