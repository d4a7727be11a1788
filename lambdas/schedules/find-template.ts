import type { ArtifactStore } from '../../domain/ports.ts';
import type { ScheduleKey, Template } from '../../domain/schedule.ts';
import { templateKey } from '../../domain/storage-layout.ts';

/** A schedule's template; we wrote it ourselves and never remove one, so a missing one is a fault. */
export const findTemplate = async (
  key: ScheduleKey & { readonly templateSha256: string },
  artifacts: ArtifactStore,
): Promise<Template> => {
  const text = await artifacts.getText(templateKey(key, key.templateSha256));
  if (text === undefined) throw new Error(`schedule ${key.schedule} has lost its template`);
  return JSON.parse(text);
};
