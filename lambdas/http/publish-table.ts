import type { z } from 'zod/mini';
import type { exportFormats, exportResults } from '../../contract/export-routes.ts';
import { csvOf } from '../../domain/csv.ts';
import { exportKey } from '../../domain/storage-layout.ts';
import type { Table } from '../../domain/table.ts';
import { rowsOf } from '../../domain/table.ts';
import { parquetOf } from './parquet.ts';
import type { HttpPorts } from './ports.ts';

type Format = (typeof exportFormats)[number];
type Ports = Pick<HttpPorts, 'exports' | 'entropy'>;
type Published = z.infer<typeof exportResults.answer>;

const formats: Readonly<
  Record<Format, { contentType: string; write: (table: Table) => Uint8Array }>
> = {
  csv: { contentType: 'text/csv; charset=utf-8', write: (table) => Buffer.from(csvOf(table)) },
  parquet: { contentType: 'application/vnd.apache.parquet', write: parquetOf },
};

/** Writes a table as a file, and tells where it can be read for a while. */
export const publishTable = async (
  { name, table, format }: { name: string; table: Table; format: Format },
  { exports, entropy }: Ports,
): Promise<Published> => {
  const { contentType, write } = formats[format];
  const bytes = write(table);
  const fileName = `${name}.${format}`;
  const { url, expiresAt } = await exports.publish({
    key: exportKey(`${entropy.id(16)}/${fileName}`),
    fileName,
    contentType,
    bytes,
  });
  return { url, expiresAt, fileName, rows: rowsOf(table), sizeBytes: bytes.length };
};
