import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/* A zip archive (PKWARE APPNOTE 6.3.3, §4.3) that depends on nothing but its files' names and bytes. */

const version = 20;
const deflated = 8;
const utf8Names = 0x0800;
/** 1 January 1980, the earliest date of the format. */
const date = 0x0021;
/** A regular file, rw-r--r--; the upper half is Unix's mode. */
const attributes = (0o100644 << 16) >>> 0;

/** The folder as an archive, files in the order of their names. */
export const zipFolder = (folder: string): Buffer => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(relative(folder, file).split(sep).join('/'));
    const content = readFileSync(file);
    const packed = deflateRawSync(content);
    const common = describe({ name, content, packed });
    const local = Buffer.concat([bytes([4, 0x04034b50]), common, name, packed]);
    central.push(
      bytes([4, 0x02014b50], [2, version]),
      common,
      bytes([2, 0], [2, 0], [2, 0], [4, attributes], [4, offset]),
      name,
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = bytes(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, directory.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...locals, directory, end]);
};

interface Entry {
  readonly name: Buffer;
  readonly content: Buffer;
  readonly packed: Buffer;
}

/** What a file's own header and the central directory both say of it. */
const describe = ({ name, content, packed }: Entry): Buffer =>
  bytes(
    [2, version],
    [2, utf8Names],
    [2, deflated],
    [2, 0],
    [2, date],
    [4, crc32(content)],
    [4, packed.length],
    [4, content.length],
    [2, name.length],
    [2, 0],
  );

/** Little-endian numbers: pairs of width and value. */
const bytes = (...numbers: readonly (readonly [width: 2 | 4, value: number])[]): Buffer => {
  const buffer = Buffer.alloc(numbers.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of numbers) at = buffer.writeUIntLE(value, at, width);
  return buffer;
};
