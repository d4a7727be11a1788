import type { OperationKey } from '../domain/operation.ts';
import type { JobNote, JobNoteStore } from '../domain/worker-ports.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { jobNoteEntity, jobNoteSortKey, toJobNote } from './job-note-entity.ts';
import { toItem } from './stored-item.ts';
import { operationPartition } from './table-keys.ts';

/** Events come late, twice and within one second; a job that is over is not seen running again. */
const isNews =
  'attribute_not_exists(#pk) OR #at < :at OR (#at = :at AND (#jobId <> :jobId OR NOT #status IN (:succeeded, :failed)))';

/** What AWS Batch said of each worker's job, beside the workers, which it must not hold up. */
export class DynamoJobNoteStore implements JobNoteStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async put(note: JobNote): Promise<void> {
    await this.#table.put({
      put: toItem(jobNoteEntity, note),
      condition: isNews,
      values: {
        ':at': note.at,
        ':jobId': note.jobId,
        ':succeeded': 'SUCCEEDED',
        ':failed': 'FAILED',
      },
    });
  }

  async listByOperation(key: OperationKey): Promise<readonly JobNote[]> {
    const items = await this.#table.query({
      partition: operationPartition(key),
      from: jobNoteSortKey(0),
      to: jobNoteSortKey(999_999),
    });
    return items.map(toJobNote);
  }
}
