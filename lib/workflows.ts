import { Construct } from 'constructs';
import type { ArtifactStore } from './artifact-store.ts';
import type { Deployment } from './deployment.ts';
import { EndWorkflow } from './end-workflow.ts';
import type { EngineJobArns } from './engine-job.ts';
import { FanfoldFunction } from './fanfold-function.ts';
import { anyExperimentObject, anyOperationFile, anySavedArtifact } from './object-keys.ts';
import { OperationWorkflow } from './operation-workflow.ts';
import type { StateTable } from './state-table.ts';
import { saveTo } from './user-bucket.ts';
import { WorkerWorkflow } from './worker-workflow.ts';
import type { WorkflowMachine } from './workflow-machine.ts';

interface WorkflowsProps {
  readonly deployment: Deployment;
  readonly table: StateTable;
  readonly store: ArtifactStore;
  readonly jobs: EngineJobArns;
  readonly apiUrl: string;
}

/** The state machines and the functions that are their steps. */
export class Workflows extends Construct {
  readonly operation: WorkflowMachine;
  /** For a worker that is added to an operation. */
  readonly worker: WorkflowMachine;
  readonly end: WorkflowMachine;

  constructor(scope: Construct, id: string, props: WorkflowsProps) {
    super(scope, id);
    const { deployment, table, store, jobs, apiUrl } = props;
    const { settings } = deployment;
    const planOperation = new FanfoldFunction(this, 'PlanOperation', {
      deployment,
      useCase: 'planOperation',
      description: 'Plans an operation’s workers',
      kind: 'step',
      access: [table.readWrite, store.get(anyOperationFile), store.list],
    });
    const settleWorker = new FanfoldFunction(this, 'SettleWorker', {
      deployment,
      useCase: 'settleWorker',
      description: 'Settles the runs of a worker whose job is over',
      kind: 'step',
      access: [table.readWrite],
    });
    const completeOperation = new FanfoldFunction(this, 'CompleteOperation', {
      deployment,
      useCase: 'completeOperation',
      description: 'Gives an operation its last status',
      kind: 'step',
      access: [table.readWrite],
    });
    const saveArtifacts = new FanfoldFunction(this, 'SaveArtifacts', {
      deployment,
      useCase: 'saveArtifacts',
      description: 'Copies a batch of an experiment’s artifacts to the user’s bucket',
      kind: 'copy',
      access: [
        table.readWrite,
        store.list,
        store.get(anyExperimentObject),
        store.get(anySavedArtifact),
        store.put(anySavedArtifact),
        saveTo(settings.artifactBuckets),
      ],
    });
    const steps = { planOperation, settleWorker, completeOperation };
    const operation = new OperationWorkflow(this, 'Operation', { settings, jobs, apiUrl, steps });
    const worker = new WorkerWorkflow(this, 'Worker', {
      settings,
      jobs,
      apiUrl,
      steps: { settleWorker, completeOperation },
    });
    const end = new EndWorkflow(this, 'End', { settings, saveArtifacts, completeOperation });
    this.operation = operation.workflow;
    this.worker = worker.workflow;
    this.end = end.workflow;
  }
}
