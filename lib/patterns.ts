import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Tells cdk-nag why a policy below `scope` names these resources by a pattern. It knows each by the
 * text that CloudFormation would make of it, references in angle brackets.
 */
export const acknowledgePatterns = (
  scope: Construct,
  resources: readonly string[],
  reason: string,
): void => {
  for (const resource of resources.filter((arn) => arn.includes('*'))) {
    const text = flatten(Stack.of(scope).resolve(resource));
    Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${text}]`, reason });
  }
};

const flatten = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return String(value);
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join) && Array.isArray(join[1]))
    return join[1].map(flatten).join(String(join[0]));
  return JSON.stringify(value);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
