import { parseArgs } from 'node:util';
import { stopMlflow } from './mlflow-server.ts';
import { defaultFolder, mlflowFolder } from './places.ts';
import { stopStack } from './stack.ts';

/* `npm run down`: stop the embedded stack; what it has stored stays. */

const { values } = parseArgs({ options: { folder: { type: 'string', default: defaultFolder } } });
await stopMlflow(mlflowFolder(values.folder));
const stopped = await stopStack(values.folder);
process.stdout.write(
  stopped ? 'Fanfold is down; its data is kept.\n' : 'Fanfold was not running.\n',
);
