import type { Settings } from './settings.ts';

/** What every construct is told of the deployment it belongs to. */
export interface Deployment {
  readonly settings: Settings;
  /** The folder with the bundle of each handler, by use case. */
  readonly bundles: string;
}
