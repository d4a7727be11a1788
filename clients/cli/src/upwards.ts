import { dirname } from 'node:path';

/** A folder and all that it lies in. */
export const upwards = (folder: string): readonly string[] => {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
};
