import type { PolicyStatementProps } from 'aws-cdk-lib/aws-iam';

/** What lets a function reach one thing: the variables that tell it where, the statements that allow it. */
export interface Access {
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatementProps[];
  /** Why resources are named by a pattern, where they are. */
  readonly pattern?: string;
}
