import { compute, controlPlane, type Properties, propertiesOf } from './synthesized.ts';

export interface Statement {
  /** The logical id of the role that has it. */
  readonly role: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** The partition keys that it is bound to, where it is. */
  readonly partitions: readonly string[];
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const statementsOf = (role: string, document: Properties): Statement[] =>
  list(document['Statement']).map((statement) => {
    const { Effect, Action, Resource, Condition } = statement as Properties;
    return {
      role,
      effect: String(Effect),
      actions: list(Action).map(String),
      resources: list(Resource).map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
      partitions: Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [],
    };
  });

/** Every statement of an identity policy in the templates. */
export const statements: readonly Statement[] = [compute, controlPlane].flatMap((template) =>
  Object.values(propertiesOf(template, 'AWS::IAM::Policy')).flatMap(({ Roles, PolicyDocument }) =>
    Roles.flatMap(({ Ref }: { Ref: string }) => statementsOf(Ref, PolicyDocument)),
  ),
);

/** Our functions by the construct's name, `SyncWorker`, with the logical id of their role. */
export const functions: Readonly<Record<string, { role: string; variables: readonly string[] }>> =
  Object.fromEntries(
    Object.values(propertiesOf(controlPlane, 'AWS::Lambda::Function')).map(
      ({ Role, Environment }) => {
        const role: string = Role['Fn::GetAtt'][0];
        const variables = Object.keys(Environment?.Variables ?? {});
        return [nameOf(role), { role, variables }];
      },
    ),
  );

/** `ApiStartFitRoleD4596F99` belongs to `StartFit`. */
function nameOf(role: string): string {
  const path = role.replace(/Role[0-9A-F]{8}$/, '');
  return path.replace(/^(Api|Workflows|WorkerSync|Events|Schedules)/, '');
}

/** What a function may do, as far as our own resources go, beyond counting calls and adding to the audit. */
export const actionsOf = (name: string): readonly string[] =>
  statements
    .filter(({ role, partitions }) => role === functions[name]?.role && partitions.length === 0)
    .flatMap(({ actions }) => actions)
    .filter((action) => !/^(logs|xray):/.test(action))
    .sort();
