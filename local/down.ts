import { parseArgs } from 'node:util';
import { defaultFolder } from './places.ts';
import { stopStack } from './stack.ts';

/* `npm run down`: stop the embedded stack; what it has stored stays. */

const { values } = parseArgs({ options: { folder: { type: 'string', default: defaultFolder } } });
const stopped = await stopStack(values.folder);
process.stdout.write(
  stopped ? 'Fanfold is down; its data is kept.\n' : 'Fanfold was not running.\n',
);
