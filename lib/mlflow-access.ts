import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/** What the mirror asks of a server that SageMaker manages. */
const managedActions = [
  'CreateExperiment',
  'CreateRun',
  'DeleteRun',
  'GetExperimentByName',
  'GetRun',
  'LogBatch',
  'SearchRuns',
  'UpdateRun',
].map((action) => `sagemaker-mlflow:${action}`);

/** Tells where the MLflow server is, and lets in there; `undefined` where there is none. */
export const mlflowAccess = ({
  mlflowTrackingUri: uri,
  mlflowSecretArn: secretArn,
}: Pick<Settings, 'mlflowTrackingUri' | 'mlflowSecretArn'>): Access | undefined => {
  if (uri === undefined) return undefined;
  return {
    environment: {
      MLFLOW_TRACKING_URI: uri,
      ...(secretArn !== undefined && { MLFLOW_SECRET_ARN: secretArn }),
    },
    statements: [
      ...(uri.startsWith('arn:') ? [{ actions: managedActions, resources: [uri] }] : []),
      ...(secretArn === undefined
        ? []
        : [{ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }]),
    ],
  };
};
