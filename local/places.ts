import { join } from 'node:path';

/* Where things lie in this checkout. */

export const repository = join(import.meta.dirname, '..');
export const nodePrograms = join(repository, 'node_modules', '.bin');
export const pythonPrograms = join(repository, '.venv', 'bin');
export const cacheFolder = join(repository, '.cache');

/** The MLflow server's environment. */
export const mlflowPrograms = join(cacheFolder, 'mlflow', 'bin');

/** The state of the stack that `npm run up` starts. */
export const defaultFolder = join(repository, '.fanfold');

/** The MLflow server's state, beside that of its stack. */
export const mlflowFolder = (folder: string): string => join(folder, 'mlflow');
