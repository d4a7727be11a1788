import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Access } from './access.ts';

const reads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];

const update = 'dynamodb:UpdateItem';

/** Nothing is ever deleted. */
const writes = ['dynamodb:PutItem', update, 'dynamodb:BatchWriteItem'];

/** The sparse index of operations that are not over. */
const activeIndex = 'active';

interface StateTableProps {
  /** Whether somebody follows its changes. */
  readonly isFollowed: boolean;
}

/** The one table with all state. It outlives its stack. */
export class StateTable extends Construct {
  readonly table: Table;
  readonly read: Access;
  /** And change items that are there. */
  readonly readUpdate: Access;
  readonly readWrite: Access;
  readonly listActive: Access;
  /** Counts calls, and adds to the audit; neither can be done to anything else. */
  readonly guard: Access;

  constructor(scope: Construct, id: string, { isFollowed }: StateTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(isFollowed && { stream: StreamViewType.KEYS_ONLY }),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: activeIndex,
      partitionKey: { name: 'activePk', type: AttributeType.STRING },
      sortKey: { name: 'activeSk', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    this.read = this.access(reads);
    this.readUpdate = this.access([...reads, update]);
    this.readWrite = this.access([...reads, ...writes]);
    this.guard = {
      environment: { TABLE_NAME: this.table.tableName },
      statements: [this.within([update], 'CALLS#*'), this.within(['dynamodb:PutItem'], 'AUDIT#*')],
    };
    this.listActive = this.access(['dynamodb:Query'], `/index/${activeIndex}`);
  }

  /** Of a table whose changes are followed. */
  get streamArn(): string {
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('nobody was to follow the changes');
    return tableStreamArn;
  }

  get followChanges(): Access {
    const actions = ['DescribeStream', 'GetRecords', 'GetShardIterator'];
    return {
      environment: {},
      statements: [
        { actions: actions.map((one) => `dynamodb:${one}`), resources: [this.streamArn] },
        { actions: ['dynamodb:ListStreams'], resources: ['*'] },
      ],
      pattern: 'DynamoDB lists streams only as a whole.',
    };
  }

  /** Allows an action on items whose partition keys match. */
  private within(actions: string[], partitions: string): PolicyStatementProps {
    return {
      actions,
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions] } },
    };
  }

  private access(actions: string[], part = ''): Access {
    const { tableName, tableArn } = this.table;
    return {
      environment: { TABLE_NAME: tableName },
      statements: [{ actions, resources: [tableArn + part] }],
    };
  }
}
