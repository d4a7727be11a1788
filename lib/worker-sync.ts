import { Construct } from 'constructs';
import type { ArtifactStore } from './artifact-store.ts';
import type { Deployment } from './deployment.ts';
import { FanfoldFunction } from './fanfold-function.ts';
import { anyLog, anySecret } from './object-keys.ts';
import type { StateTable } from './state-table.ts';
import { StorageRole } from './storage-role.ts';

interface WorkerSyncProps {
  readonly deployment: Deployment;
  readonly table: StateTable;
  readonly store: ArtifactStore;
}

/** Where workers tell what is true and learn what should be; gives them their storage credentials. */
export class WorkerSync extends Construct {
  readonly syncWorker: FanfoldFunction;

  constructor(scope: Construct, id: string, { deployment, table, store }: WorkerSyncProps) {
    super(scope, id);
    this.syncWorker = new FanfoldFunction(this, 'SyncWorker', {
      deployment,
      useCase: 'syncWorker',
      description: 'Takes in what a worker reports and answers with what it should do',
      kind: 'answer',
      isTraced: false,
      access: [table.readWrite, store.put(anyLog), store.get(anySecret)],
    });
    const storage = new StorageRole(this, 'Storage', {
      holder: this.syncWorker.role,
      store,
      dataBuckets: deployment.settings.dataBuckets,
    });
    this.syncWorker.allow(storage.assume);
  }
}
